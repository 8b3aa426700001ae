import type { ReactNode } from "react";
import { Logo } from "../../components/logo";

/** The quiet page on which people sign in. */
export function Card({ title, subtitle, children }: { title: string; subtitle: string; children: ReactNode }) {
  return (
    <main className="scroll-quiet grid h-full place-items-center p-4 md:p-6">
      <div className="w-full max-w-[420px] rounded-l border border-line bg-surface p-5 md:p-8">
        <div className="mb-5 flex items-center gap-2 text-16 font-[650] tracking-[-0.01em]">
          <Logo className="size-6" />
          Ownline
        </div>
        <h1 className="text-20">{title}</h1>
        <p className="mt-1 mb-5 text-text-2">{subtitle}</p>
        {children}
      </div>
    </main>
  );
}

/** What went wrong with the form as a whole. */
export function FormProblem({ text }: { text: string | null }) {
  if (!text) return null;
  return (
    <p role="alert" className="rounded-m bg-bad-soft px-3 py-2 text-13 text-text">
      {text}
    </p>
  );
}
