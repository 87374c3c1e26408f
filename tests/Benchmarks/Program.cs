using Orleans.Kpl;
using Orleans.Kpl.Benchmarks;
using Orleans.Kpl.Benchmarks.Benches;
using Orleans.Kpl.Benchmarks.Benches.Latencies;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Simulated;
using Orleans.Kpl.Benchmarks.Web;

// What a bench starts beside itself: this program under an internal verb.
switch (args)
{
    case [StartBench.Nothing]:
        return 0;
    case [AnsweringEndpoint.Verb, .. var certificate]:
        await AnsweringEndpoint.RunAsync(certificate.FirstOrDefault());
        return 0;
    case [PinnedKernelBench.Verb, var runs]:
        PinnedKernelBench.RunInProcess(runs);
        return 0;
    case [ScatterBench.Verb, var runs]:
        ScatterBench.RunInProcess(int.Parse(runs));
        return 0;
    case [LimitedEndpoint.Verb, var limitModel, .. var certificate]:
        await LimitedEndpoint.RunAsync(limitModel, certificate.FirstOrDefault());
        return 0;
    case [LoadProcess.Verb, var endpoint, .. var authority]:
        await LoadProcess.RunAsync(new Uri(endpoint), authority.FirstOrDefault());
        return 0;
    case [MeteredLoad.Verb, var endpoint, var shards]:
        await MeteredLoad.RunAsync(new Uri(endpoint), int.Parse(shards));
        return 0;
    case [SaturatingLoad.Verb, var endpoint, var spec]:
        await SaturatingLoad.RunAsync(new Uri(endpoint), spec);
        return 0;
    case [OrderedEndpoint.Verb, var stream, var roundTripMs]:
        await OrderedEndpoint.RunAsync(stream, int.Parse(roundTripMs));
        return 0;
    case [OrderedLoad.Verb, var endpoint, var stream, var mode]:
        await OrderedLoad.RunAsync(new Uri(endpoint), stream, Enum.Parse<OrderedMode>(mode));
        return 0;
    case [HalfLoad.Verb, var endpoint, .. var authority]:
        await HalfLoad.RunAsync(new Uri(endpoint), authority.FirstOrDefault());
        return 0;
    case [PersistedLoad.Verb, var endpoint, var folder]:
        await PersistedLoad.RunAsync(new Uri(endpoint), folder);
        return 0;
    case [ReplayLoad.Verb, var endpoint, var folder]:
        await ReplayLoad.RunAsync(new Uri(endpoint), folder);
        return 0;
    case [IdleReplayLoad.Verb, var endpoint, var folder, var stream]:
        await IdleReplayLoad.RunAsync(new Uri(endpoint), folder, stream);
        return 0;
    case [IdleLoad.Verb, var endpoint]:
        await IdleLoad.RunAsync(new Uri(endpoint));
        return 0;
    case [SleepingLoad.Verb]:
        await SleepingLoad.RunAsync();
        return 0;
    case [StreamsLoad.Verb, var endpoint]:
        await StreamsLoad.RunAsync(new Uri(endpoint));
        return 0;
    case [ClosedStreams.Verb]:
        await ClosedStreams.RunAsync();
        return 0;
    case [PacedLoad.Verb, var endpoint]:
        await PacedLoad.RunAsync(new Uri(endpoint));
        return 0;
    case [NeighbourLoad.Verb, var endpoint]:
        await NeighbourLoad.RunAsync(new Uri(endpoint));
        return 0;
    case [WebLoad.Verb]:
        await WebLoad.RunAsync();
        return 0;
    case [RubbishLoad.Verb]:
        await RubbishLoad.RunAsync();
        return 0;
    case [SteadyPuts.Verb]:
        await SteadyPuts.RunAsync();
        return 0;
    case [SocketsLoad.Verb]:
        await SocketsLoad.RunAsync();
        return 0;
    case [BareKestrel.Verb, .. var certificate]:
        await BareKestrel.RunAsync(certificate.FirstOrDefault());
        return 0;
    case [VersionsLoad.Verb, var url, var authority]:
        await VersionsLoad.RunAsync(new Uri(url), authority);
        return 0;
    case [SimulatedLoad.Verb]:
        await SimulatedLoad.RunAsync();
        return 0;
    case [OutageLoad.Verb]:
        await OutageLoad.RunAsync();
        return 0;
    case [SpillOutageLoad.Verb, var folder]:
        await SpillOutageLoad.RunAsync(folder);
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
    return 0;
}
catch (BenchMissingException e)
{
    Console.Error.WriteLine($"{arguments.Name}: {e.Message}");
    return 3;
}
catch (BenchFailedException e)
{
    e.Figures?.Print(arguments.Name, arguments.Json);
    Console.Error.WriteLine($"{arguments.Name}: {e.Message}");
    return 1;
}
