"""A sizing question in a whole conversation: what it supposes is no fact of the user's workload, and its figures can be asked about."""

from agent_house import OWNER, SAMPLE_BILL, House, only, open_house, texts

from tools.contracts.workload import Workload

API = "we call gpt-4o-mini, 600k requests a month, 900 tokens in, 200 out, $250 a month"
ASKED = "Llama-3.1-70B fp8 on H100, 50 requests/s, 1500 in / 300 out, TTFT 500 ms: what do I buy?"


def workload(house: House) -> Workload:
    return next(iter(house.store.session(OWNER, house.chat).workloads), Workload())


def called(house: House, text: str) -> list[str]:
    return [event.tool for event in only(house.say(text), "tool_started")]


def test_another_model_on_other_hardware_changes_nothing_of_the_workload(house: House) -> None:
    house.say(API)
    before = workload(house)
    assert called(house, "how fast would llama 3.1 8b be on an L40S for this traffic?") == ["estimate_serving"]
    assert called(house, "and on an H100 instead?") == ["estimate_serving"]
    assert called(house, ASKED) == ["estimate_serving"]
    assert workload(house) == before


def test_the_first_question_says_what_they_run(house: House) -> None:
    house.say(ASKED)
    known = workload(house)
    assert (known.model, known.hardware, known.precision) == ("Llama-3.1-70B", "H100", "fp8")
    assert (known.requests_per_day, known.input_tokens, known.output_tokens) == (50 * 86_400, 1500, 300)
    house.say("what if traffic doubles?")
    assert workload(house).requests_per_day == 50 * 86_400, "a supposition"
    assert "Noted: requests per day" in texts(house.say("we expect 60 requests a second at the peak"))


def test_a_figure_of_the_answer_leads_to_its_evidence(house: House) -> None:
    house.say(API)
    house.say(ASKED)
    assert "Accelerators of a replica" in texts(house.say("why 2 GPUs a replica?"))
    assert "Accelerators of all replicas" in texts(house.say("why that many GPUs?"))
    answer = only(house.say("and on an H200 instead?"), "text")[0]
    rate = next(figure.shown.split()[0] for figure in answer.figures if "request/s" in figure.shown)
    said = texts(house.say(f"where does {rate} come from?"))
    assert "Requests a second that one replica sustains" in said and "H200" in said


def test_a_question_beside_a_bill_is_no_workload_of_it(house: House) -> None:
    house.say("here is the bill", SAMPLE_BILL)
    assert called(house, "how many L4s to serve mistral-7b at 10 rps?") == ["estimate_serving"]
    assert workload(house).model is None


def test_the_length_of_a_training_row_is_no_length_of_a_request(house: House) -> None:
    events = house.say("what would fine-tuning llama 3.1 8b cost on 50k rows of text, 512 tokens each?")
    assert only(events, "tool_started")[0].args["tokens_per_row"] == 512
    assert workload(house).input_tokens is None and workload(house).dataset_rows == 50_000


def test_the_api_model_in_use_is_the_fact_and_not_the_one_that_could_stand_in(house: House) -> None:
    house.say("Should we self-host llama 3.1 8b instead of gpt-4o-mini? 2M requests a month, 1000 in and 300 out")
    assert (workload(house).model, workload(house).params_b) == ("gpt-4o-mini", None)
    before = workload(house)
    house.say("running it costs us $3000 a month")
    assert workload(house) == before, "what a move is supposed to cost is no spend"


def test_what_may_be_spent_is_no_spend_and_a_move_weighed_is_no_model_in_use(house: House) -> None:
    house.say("I have $100k a month for GPUs. Llama-3.1-70B fp8, 50 requests/s, 1500 in / 300 out: what do I buy?")
    assert workload(house).monthly_cost_usd is None
    other = open_house(house.folder / "other")
    assert called(other, "should we switch to llama 3.1 8b?") == ["estimate_memory"]
    assert workload(other).model is None
