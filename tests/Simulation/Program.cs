using Orleans.Kpl.Simulation.Running;

namespace Orleans.Kpl.Simulation;

/// <summary>The simulator's command line.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        Arguments.Command.SetAction(static arguments =>
            Arguments.ScaleOf(arguments) is { } scale ? ScaleHistory.Run(scale, arguments)
            : arguments.GetValue(Arguments.Seed) is { } seed ? OneHistory.Run(seed, arguments)
            : ManyHistories.Run(arguments));
        return Arguments.Command.Parse(args).Invoke();
    }
}
