using System.Globalization;
using Orleans.Kpl.Benchmarks;
using Orleans.Kpl.Benchmarks.Benches;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Web;

// What a bench starts beside itself: this program under an internal verb.
var parts = new Dictionary<string, Func<string[], Task>>
{
    [StartBench.Nothing] = static _ => Task.CompletedTask,
    [KernelBench.Verb] = static _ => KernelBench.ServeAsync(),
    [AnsweringEndpoint.Verb] = static _ => AnsweringEndpoint.RunAsync(),
    [LocalEndpoint.Verb] = static of => LocalEndpoint.RunAsync(of[0], bool.Parse(of[1])),
    [LoadProcess.Verb] = static of => LoadProcess.RunAsync(new Uri(of[0]), of.ElementAtOrDefault(1)),
    [MeteredLoad.Verb] = static of => MeteredLoad.RunAsync(new Uri(of[0]), of[1]),
    [SaturatingLoad.Verb] = static of => SaturatingLoad.RunAsync(new Uri(of[0]), of[1]),
    [HalfLoad.Verb] = static of => HalfLoad.RunAsync(new Uri(of[0]), of.ElementAtOrDefault(1)),
    [PersistedLoad.Verb] = static of => PersistedLoad.RunAsync(new Uri(of[0]), of[1], of[2]),
    [ReplayLoad.Verb] = static of => ReplayLoad.RunAsync(new Uri(of[0]), of[1], of[2], double.Parse(of[3], CultureInfo.InvariantCulture)),
    [IdleLoad.Verb] = static of => IdleLoad.RunAsync(new Uri(of[0]), of[1..]),
    [NeighbourLoad.Verb] = static of => NeighbourLoad.RunAsync(new Uri(of[0]), of[1]),
    [WebLoad.Verb] = static _ => WebLoad.RunAsync(),
    [BareKestrel.Verb] = static _ => BareKestrel.RunAsync(),
    [SimulatedLoad.Verb] = static _ => SimulatedLoad.RunAsync(),
    [OutageLoad.Verb] = static _ => OutageLoad.RunAsync(),
};
if (args.Length > 0 && parts.TryGetValue(args[0], out var part))
{
    await part(args[1..]);
    return 0;
}

if (BenchArguments.Parse(args, Bench.All.Keys, out var error) is not { } arguments)
{
    Console.Error.WriteLine(error);
    return 2;
}

try
{
    var figures = await Bench.All[arguments.Name](arguments);
    figures.Print(arguments.Name, arguments.Json);
    if (arguments.UnknownParts is { Length: > 0 } unknown)
    {
        Console.Error.WriteLine($"{arguments.Name}: it has no part {string.Join(", ", unknown)}");
        return 2;
    }

    if (figures.Missed.Length == 0)
        return 0;
    Console.Error.WriteLine($"{arguments.Name}: {figures.Missed}");
    return 1;
}
catch (Exception e) when (e is BenchMissingException or BenchFailedException)
{
    Console.Error.WriteLine($"{arguments.Name}: {e.Message}");
    return e is BenchMissingException ? 3 : 1;
}
