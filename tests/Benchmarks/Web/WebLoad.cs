using System.Text;
using System.Text.Json;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Web;

/// <summary>One run of a load over HTTP.</summary>
/// <param name="IsLines">Whether each request carries 500 lines; if not, one record. Either is answered when it is delivered.</param>
/// <param name="Stream">Where lines go; single records go to the default stream.</param>
/// <param name="Connections">Connections, each with one request under way.</param>
internal sealed record WebSpec(bool IsLines, string Url, string Stream, int Connections, long Requests);

/// <summary>What a run sent, all of which the answers told as delivered.</summary>
/// <param name="NumberSum">The sum of the numbers in these records.</param>
internal sealed record WebResult(long Records, ulong NumberSum);

/// <summary>The clients of a tier, in a process of their own: what they cost is not the tier's.</summary>
internal static class WebLoad
{
    public const string Verb = "web-load";

    /// <summary>Command to run what was prepared; any other one is a <see cref="WebSpec"/>, and is prepared.</summary>
    public const string Go = "go";

    public static async Task RunAsync()
    {
        var (spec, requests, connections) = ((WebSpec?)null, (WebRequests?)null, new List<WebConnection>());
        await ChildProcess.ServeAsync(async command =>
        {
            if (command == Go)
                return await RunAsync(spec!, requests!, connections);
            connections.ForEach(static c => c.Dispose());
            connections.Clear();
            spec = JsonSerializer.Deserialize<WebSpec>(command)!;
            requests = new WebRequests(spec);
            for (var c = 0; c < spec.Connections; c++)
                connections.Add(await WebConnection.OpenAsync(new Uri(spec.Url)));
            return true;
        });
    }

    private static async Task<WebResult> RunAsync(WebSpec spec, WebRequests requests, List<WebConnection> connections)
    {
        var next = -1L;
        await Task.WhenAll(connections.Select(c => Task.Run(() => SendAsync(c))));
        return new WebResult(spec.Requests * requests.RecordsEach, requests.SumOf(spec.Requests));

        async Task SendAsync(WebConnection connection)
        {
            for (var r = Interlocked.Increment(ref next); r < spec.Requests; r = Interlocked.Increment(ref next))
            {
                var answer = await connection.AskAsync(requests.Of(r));
                if (!requests.IsSuccess(answer.Span))
                    throw new BenchFailedException($"not all was delivered: {Encoding.UTF8.GetString(answer.Span)}");
            }
        }
    }
}
