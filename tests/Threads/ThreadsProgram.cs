using Orleans.Kpl.Threads.Weaving;

namespace Orleans.Kpl.Threads;

/// <summary>The command line: see docs/threads.md.</summary>
internal static class ThreadsProgram
{
    public static int Main(string[] args) => Woven.Run(args, Console.Out);
}
