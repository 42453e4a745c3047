import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { remembered, useRemembered } from "@/lib/remembered";

const themed = () => remembered<"system" | "light" | "dark">("theme", "system");

beforeEach(() => localStorage.clear());

test("a value that was never set is its fallback", () => {
  expect(themed().get()).toBe("system");
});

test("a value is there again after a reload", () => {
  themed().set("dark");
  expect(themed().get()).toBe("dark");
  expect(remembered("language", "").get()).toBe("");
});

test("who shows it is told of a change, and not after it is gone", () => {
  const theme = themed();
  const { result, unmount } = renderHook(() => useRemembered(theme));
  act(() => theme.set("dark"));
  expect(result.current).toBe("dark");
  unmount();
  const listener = vi.fn();
  theme.subscribe(listener)();
  theme.set("light");
  expect(listener).not.toHaveBeenCalled();
});

test("a browser that keeps nothing remembers until it is reloaded", () => {
  const forbidden = () => {
    throw new DOMException("no", "SecurityError");
  };
  vi.spyOn(Storage.prototype, "getItem").mockImplementation(forbidden);
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(forbidden);
  const theme = themed();
  theme.set("dark");
  expect(theme.get()).toBe("dark");
  expect(themed().get()).toBe("system");
});
