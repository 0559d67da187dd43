"""Asks a live coordinator's /openai/v1 with the PyPI client of OpenAI, which knows nothing of it. Starts the coordinator itself.

    pip install openai
    python3 Tests/Golden/live_openai.py --bin FOLDER_OF_PROGRAMS

Prints one line for each thing it has seen; the first that is otherwise ends it with status 1."""

import argparse, asyncio, signal, tempfile
import httpx, openai
from live_coordinator import Coordinator, expect

MODEL = "ngram-byte-5"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    with tempfile.TemporaryDirectory() as folder:
        coordinator = Coordinator(parser.parse_args().bin, folder)
        coordinator.start()
        try:
            ask(coordinator)
        finally:
            coordinator.end(signal.SIGTERM)


def ask(coordinator):
    client = openai.OpenAI(
        api_key=coordinator.key, base_url=coordinator.url + "/openai/v1", http_client=httpx.Client(verify=coordinator.tls), max_retries=0)
    expect([m.id for m in client.models.list()] == [MODEL], "the embedded model is listed")
    expect(client.models.retrieve(MODEL).id == MODEL, "and found by its id")
    given = dict(model=MODEL, prompt="The coordinator ", max_tokens=50, seed=3, temperature=0.7)
    whole = client.completions.create(**given)
    expect(whole.choices[0].finish_reason == "length" and whole.usage.completion_tokens == 50 and whole.usage.prompt_tokens == 16, "a text is continued")
    parts = list(client.completions.create(**given, stream=True, stream_options={"include_usage": True}))
    expect("".join(c.text for p in parts for c in p.choices) == whole.choices[0].text, "the stream has the same text")
    expect(parts[-1].usage == whole.usage and parts[-2].choices[0].finish_reason == "length", "and ends as it should")
    talk = dict(model=MODEL, messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who are you?"}], max_completion_tokens=60, seed=4)
    said = client.chat.completions.create(**talk)
    expect(said.choices[0].message.role == "assistant" and said.usage.total_tokens == said.usage.prompt_tokens + said.usage.completion_tokens, "a chat goes on")
    deltas = [p.choices[0].delta for p in client.chat.completions.create(**talk, stream=True)]
    expect(deltas[0].role == "assistant" and "".join(d.content or "" for d in deltas) == said.choices[0].message.content, "as a stream, too")
    for what, error, call in [
        ("an unknown model", openai.NotFoundError, lambda: client.completions.create(model="gpt-3.5-turbo-instruct", prompt="a")),
        ("a tool", openai.BadRequestError, lambda: client.chat.completions.create(**talk, tools=[{"type": "function", "function": {"name": "f"}}])),
        ("two choices", openai.BadRequestError, lambda: client.completions.create(model=MODEL, prompt="a", n=2)),
        ("a wrong key", openai.AuthenticationError, lambda: client.with_options(api_key="sk-none").models.list()),
    ]:
        try:
            call()
        except error as refused:
            expect(isinstance(refused.body, dict) and refused.body.get("message"), f"{what} is refused in its envelope ({refused.body.get('code')})")
        else:
            expect(False, f"{what} is refused")
    plain = client.chat.completions.create(**talk, response_format={"type": "text"}, tools=[], logit_bias={}, logprobs=False, n=1, user="somebody")
    expect(plain.choices[0].message.content == said.choices[0].message.content, "what says nothing changes nothing")
    drawn = {seed: client.completions.create(**{**given, "seed": seed}).choices[0].text for seed in [-1, 2**63 - 1, -2**63]}
    expect(len(set(drawn.values())) == 3, "every seed is taken")
    asyncio.run(at_once(coordinator, given, whole))
    stopped = client.completions.create(model=MODEL, prompt="The ", max_tokens=400, stop=[" "], seed=1)
    expect(" " not in stopped.choices[0].text and stopped.choices[0].finish_reason == "stop", "a stop sequence ends a text before itself")


async def at_once(coordinator, given, whole):
    async with httpx.AsyncClient(verify=coordinator.tls) as http:
        client = openai.AsyncOpenAI(api_key=coordinator.key, base_url=coordinator.url + "/openai/v1", http_client=http, max_retries=0)
        many = await asyncio.gather(*[client.completions.create(**given) for _ in range(16)])
        expect({one.choices[0].text for one in many} == {whole.choices[0].text}, "sixteen at once get the same text")
        left = await client.completions.create(**{**given, "max_tokens": 4000}, stream=True)
        async for _ in left:
            break
        await left.close()
        expect((await client.models.list()).data[0].id == MODEL, "who leaves in the middle of a stream does no harm")


if __name__ == "__main__":
    main()
