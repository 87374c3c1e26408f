using Orleans.Kpl.Simulation.Scale;

namespace Orleans.Kpl.Simulation.Running;

/// <summary>Runs one cluster at its full size.</summary>
internal static class ScaleHistory
{
    public static int Run(Arguments arguments)
    {
        using var output = new StreamWriter(Console.OpenStandardOutput());
        var result = ScaleRun.Run(arguments.Scale!, arguments.Json ? static _ => { } : Console.Error.WriteLine, arguments.Trace ? output.WriteLine : null);
        foreach (var line in ScaleReport.Table(result))
            output.WriteLine(line);
        output.WriteLine(result.Violation ?? "held");
        if (arguments.Json)
            output.WriteLine(ScaleReport.Json(result));
        return result.Violation is null ? 0 : 1;
    }
}
