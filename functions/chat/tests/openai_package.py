"""OpenAI's package of PyPI against `/v1`: OPENAI_BASE_URL and OPENAI_API_KEY say where. openai.test.mjs runs it."""

import asyncio

import openai

HI = [{"role": "user", "content": "hi"}]
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]

client = openai.OpenAI(max_retries=0)


def raises(kind, **request):
    try:
        client.chat.completions.create(**{"model": "offline", "messages": HI, **request})
    except kind as error:
        assert error.request_id.startswith("req_"), error
        return error
    raise AssertionError(f"{request} was answered")


answer = client.chat.completions.create(model="offline", messages=HI, max_tokens=4)
assert answer.choices[0].message.content == "I have no instructions.", answer
assert answer.choices[0].finish_reason == "length"
assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (1, 4)

stream = client.chat.completions.create(
    model="mock-ok", messages=HI, stream=True, stream_options={"include_usage": True}
)
chunks = list(stream)
text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
assert text.startswith("Straße0 über1 🌍2"), text
assert chunks[-1].choices == [] and chunks[-1].usage.prompt_tokens_details.cached_tokens == 8, chunks[-1]

variables = '{"name": "Zoë"}'
answer = client.chat.completions.create(
    model="prompt:greeting", messages=HI, user="u-1", metadata={"variables": variables}
)
assert "Greet Zoë kindly" in answer.choices[0].message.content, answer
answer = client.chat.completions.create(
    model="prompt:greeting", messages=HI, extra_body={"variables": {"name": "Li"}}
)
assert "Greet Li kindly" in answer.choices[0].message.content, answer
assert "prompt:greeting" in [model.id for model in client.models.list()]

for provider in ("openai", "anthropic", "gemini"):
    answer = client.chat.completions.create(model=f"{provider}/mock-tools", messages=HI, tools=TOOLS)
    calls = answer.choices[0].message.tool_calls
    assert [call.function.arguments for call in calls] == ['{"city":"Köln"}', "{}"], answer
    results = [{"role": "tool", "tool_call_id": call.id, "content": "fine"} for call in calls]
    messages = [*HI, answer.choices[0].message, *results]
    answer = client.chat.completions.create(model=f"{provider}/mock-ok", messages=messages, tools=TOOLS)
    assert answer.choices[0].message.content.startswith("Straße0"), answer

assert raises(openai.NotFoundError, model="prompt:nothing").code == "model_not_found"
assert raises(openai.BadRequestError, n=2).param == "n"
assert raises(openai.RateLimitError, model="mock-429:retry_after=60").status_code == 429
raises(openai.InternalServerError, model="mock-500:words=1")
try:
    openai.OpenAI(api_key="pl_nobody", max_retries=0).models.list()
    raise AssertionError("a stranger was answered")
except openai.AuthenticationError as error:
    assert error.code == "invalid_api_key", error
try:
    list(client.chat.completions.create(model="mock-error-midstream", messages=HI, stream=True))
    raise AssertionError("a broken stream ended well")
except openai.APIError:
    pass

patient = openai.OpenAI(max_retries=2)
answer = patient.chat.completions.create(model="mock-503-then-ok:fail=3,words=1", messages=HI)
assert answer.choices[0].message.content == "Straße0", answer

with client.chat.completions.create(model="mock-ok:words=400,delay=20", messages=HI, stream=True) as stream:
    for count, _ in enumerate(stream):
        if count == 5:
            break


async def many():
    asynchronous = openai.AsyncOpenAI(max_retries=0)
    questions = [asynchronous.chat.completions.create(model="mock-ok", messages=HI) for _ in range(20)]
    answers = await asyncio.gather(*questions)
    assert len({answer.id for answer in answers}) == 20
    assert {answer.choices[0].finish_reason for answer in answers} == {"stop"}


asyncio.run(many())
print(f"openai {openai.__version__}")
