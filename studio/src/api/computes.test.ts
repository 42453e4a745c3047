import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  computeQuery,
  computesQuery,
  dropInstance,
  type Instance,
  instanceCreated,
  putInstance,
  readAgain,
} from "@/api/computes";

const place = { subscription: "s", group: "g", workspace: "w" };
const query = computesQuery(place);

const instance = (name: string, state: string) =>
  ({ id: `/computes/${name}`, name, state }) as Instance;

let client: QueryClient;
let answers: ((found: Instance[]) => void)[];
let stop: () => void;

beforeEach(() => {
  client = new QueryClient();
  answers = [];
  const observer = new QueryObserver(client, {
    ...query,
    queryFn: () => new Promise<Instance[]>((answer) => answers.push(answer)),
  });
  stop = observer.subscribe(() => undefined);
});

afterEach(() => stop());

const shown = () =>
  client.getQueryData(query.queryKey)?.map(({ name, state }) => `${name} ${state}`);

async function answer(...found: Instance[]): Promise<void> {
  answers.shift()?.(found);
  await expect.poll(() => client.isFetching(query)).toBe(answers.length);
}

test("what is told while the list is read holds against what the reading brings", async () => {
  putInstance(client, place, instance("a", "Running"));
  await answer(instance("a", "Creating"));
  expect(shown()).toEqual(["a Running"]);
});

test("of what is told while the list is read the last holds", async () => {
  putInstance(client, place, instance("a", "Creating"));
  putInstance(client, place, instance("a", "Running"));
  dropInstance(client, place, "/computes/b", "b");
  await answer(instance("b", "Deleting"));
  expect(shown()).toEqual(["a Running"]);
});

test("what was told before a reading does not hold against it", async () => {
  await answer();
  putInstance(client, place, instance("a", "Creating"));
  void readAgain(client, place);
  await expect.poll(() => answers.length).toBe(1);
  await answer(instance("a", "Running"));
  expect(shown()).toEqual(["a Running"]);
});

test("reading again gives up a first reading, which may have begun too early", async () => {
  const early = answers[0];
  void readAgain(client, place);
  await expect.poll(() => answers.length).toBe(2);
  early?.([instance("a", "Creating")]);
  answers.shift();
  await answer(instance("a", "Running"));
  expect(shown()).toEqual(["a Running"]);
});

test("what a create was answered with is shown, and read again", async () => {
  await answer();
  instanceCreated(client, place, instance("a", "Creating"));
  expect(shown()).toEqual(["a Creating"]);
  expect(client.getQueryData(computeQuery(place, "a").queryKey)?.state).toBe("Creating");
  await expect.poll(() => answers.length).toBe(1);
  await answer(instance("a", "Running"));
  expect(shown()).toEqual(["a Running"]);
});
