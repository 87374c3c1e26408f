using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Web;

/// <summary>A client that puts single records at a steady pace, each confirmed, and measures the latency of each.</summary>
internal static class SteadyPuts
{
    public const string Verb = "steady-puts";

    /// <summary>Command to put until it is told to stop; any other one is a <see cref="WebSpec"/>, and is prepared.</summary>
    public const string Go = "go";

    /// <summary>Command to stop, which is answered with the 99th percentile in milliseconds; 0 where too few were put.</summary>
    public const string Stop = "stop";

    private const int Fewest = 300;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(80);

    public static async Task RunAsync()
    {
        var (requests, connections) = ((WebRequests?)null, new List<WebConnection>());
        var (running, stop) = (Task.FromResult<double[]>([]), new CancellationTokenSource());
        await ChildProcess.ServeAsync(async command =>
        {
            if (command == Go)
            {
                stop = new CancellationTokenSource();
                running = RunAsync(requests!, connections, stop.Token);
                return true;
            }

            if (command == Stop)
            {
                await stop.CancelAsync();
                var times = await running;
                return times.Length < Fewest ? 0 : times.Order().ElementAt(times.Length * 99 / 100);
            }

            var spec = JsonSerializer.Deserialize<WebSpec>(command)!;
            requests = WebRequests.Make(spec);
            for (var c = 0; c < spec.Connections; c++)
                connections.Add(await WebConnection.OpenAsync(new Uri(spec.Url)));
            return true;
        });
    }

    private static async Task<double[]> RunAsync(WebRequests requests, List<WebConnection> connections, CancellationToken stop)
    {
        var all = await Task.WhenAll(connections.Select((c, i) => Task.Run(() => PutAsync(c, i))));
        return [.. all.SelectMany(static t => t)];

        async Task<List<double>> PutAsync(WebConnection connection, int place)
        {
            var times = new List<double>();
            // Spread over the pace, so that they do not come all at once.
            await Task.Delay(Pace * place / connections.Count, CancellationToken.None);
            using var timer = new PeriodicTimer(Pace);
            for (var r = place; !stop.IsCancellationRequested; r += connections.Count)
            {
                var began = Stopwatch.GetTimestamp();
                var answer = await connection.AskAsync(requests.Of(r));
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                if (!requests.IsSuccess(answer.Span))
                    throw new BenchFailedException(string.Create(CultureInfo.InvariantCulture, $"put {r} was not delivered"));
                await timer.WaitForNextTickAsync(CancellationToken.None);
            }

            return times;
        }
    }
}
