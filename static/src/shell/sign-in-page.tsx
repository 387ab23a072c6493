import { Navigate } from "react-router";
import { useSession } from "@/api/session";
import { paths } from "@/paths";
import { SignIn } from "./sign-in";

/** Where one goes after signing out. Whoever opens another page without a key is asked there. */
export function SignInPage() {
  const { active } = useSession();
  return active ? <Navigate to={paths.prompts()} replace /> : <SignIn />;
}
