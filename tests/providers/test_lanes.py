"""Connections side by side, without a pool that hands one to several requests at once."""

import asyncio

import httpx
import pytest

from musicstudio.providers.aigateway import AIGateway
from musicstudio.providers.base import Unavailable
from musicstudio.providers.download import shared_ssl_context
from musicstudio.providers.lanes import Lanes
from tests.gateway.server import Gateway, JobPlan

KEY = "sk-aig-test-0123456789"


def test_many_polls_share_a_few_connections_and_all_are_answered() -> None:
    async def ask(gateway: Gateway) -> list[str]:
        _, record = gateway.submit({"prompt": "piano", "model": "elevenlabs/elevenlabs-music"}, "k")
        async with AIGateway(KEY, gateway.url, allow_loopback=True) as client:
            answers = await asyncio.gather(*(client.poll({"id": record["id"]}) for _ in range(60)))  # type: ignore[index]
        return [answer.status for answer in answers]

    with Gateway(poll_floor=0.0) as gateway:
        gateway.plan = JobPlan(ends="never", words=("running", "running"))
        assert asyncio.run(ask(gateway)) == ["running"] * 60
        assert len(gateway.polls) == 60


@pytest.mark.parametrize("fault", ["drop", "hang"])
def test_a_lane_is_free_again_after_whatever_happened_on_it(fault: str) -> None:
    async def ask(gateway: Gateway) -> None:
        _, record = gateway.submit({"prompt": "piano", "model": "elevenlabs/elevenlabs-music"}, "k")
        async with AIGateway(KEY, gateway.url, allow_loopback=True, timeout=0.3) as client:
            for _ in range(10):  # more than there are lanes
                with pytest.raises(Unavailable):
                    await client.poll({"id": record["id"]})  # type: ignore[index]
            gateway.mend()
            assert (await client.poll({"id": record["id"]})).status == "succeeded"  # type: ignore[index]

    with Gateway(poll_floor=0.0) as gateway:
        gateway.fail("poll", fault, times=None)
        asyncio.run(ask(gateway))


def test_one_lane_is_used_by_one_request_at_a_time() -> None:
    async def ask(url: str) -> int:
        async with httpx.AsyncClient(transport=Lanes(1, shared_ssl_context())) as client:
            async with client.stream("GET", url):
                second = asyncio.create_task(client.get(url))
                done, _ = await asyncio.wait([second], timeout=0.2)
                assert not done
            return (await second).status_code

    with Gateway() as gateway:
        assert asyncio.run(ask(f"{gateway.url}/v1/balance")) == 401
