import { Page } from "@/ui/page";

export function ChatPage() {
  return <Page title="Chat">{null}</Page>;
}
