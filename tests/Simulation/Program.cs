using Orleans.Kpl.Simulation.Running;

namespace Orleans.Kpl.Simulation;

/// <summary>The simulator's command line.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        if (Arguments.Parse(args, out var error) is not { } arguments)
        {
            Console.Error.WriteLine(error);
            Console.Error.WriteLine(Arguments.Usage);
            return 2;
        }

        if (arguments.Scale is not null)
            return ScaleHistory.Run(arguments);
        if (arguments.Seed is { } seed)
            return OneHistory.Run(seed, arguments);
        return ManyHistories.Run(arguments);
    }
}
