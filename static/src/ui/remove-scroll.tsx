/**
 * Stands in for the package `react-remove-scroll`, which Radix uses in dialogs and menus: the original writes style
 * elements, and the page's security policy allows none. `styles.css` says what a locked page is.
 */
import { Slot } from "radix-ui";
import { type ComponentProps, useEffect } from "react";

let locks = 0;

function lock(): () => void {
  locks += 1;
  document.documentElement.dataset["locked"] = "";
  return () => {
    locks -= 1;
    if (locks === 0) delete document.documentElement.dataset["locked"];
  };
}

export function RemoveScroll({ children, ref }: ComponentProps<"div">) {
  useEffect(lock, []);
  return <Slot.Root ref={ref}>{children}</Slot.Root>;
}

/** Where Radix expects class names for what is fixed to the window's edges. */
RemoveScroll.classNames = { zeroRight: "", fullWidth: "" };

export default RemoveScroll;
