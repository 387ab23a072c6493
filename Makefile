# The entry points. Each is a thin name over dev/; `sh dev/node.sh` installs the npm packages and
# runs a script under the Node that they bring.

NODE := sh dev/node.sh

.PHONY: help setup dev demo build test bench deploy

help: ## Show this list.
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/'

setup: ## Install everything that building and running needs.
	@$(NODE) dev/setup.mjs

dev: ## Start everything at http://127.0.0.1:8787 (PORT=… for another port).
	@$(NODE) dev/dev.mjs

demo: ## Fill what `make dev` runs with a week of traffic to look at.
	@$(NODE) dev/demo.mjs

build: ## Build every function for deployment.
	@$(NODE) dev/build.mjs

test: ## Run every check and test (ONLY=name for some of them).
	@$(NODE) dev/test.mjs $(ONLY)

bench: ## Measure, print the figures and write target/bench.json.
	@$(NODE) dev/bench.mjs

deploy: ## Build and deploy to Cloudflare Workers (ENV=name for a wrangler environment).
	@$(NODE) dev/deploy.mjs $(ENV)
