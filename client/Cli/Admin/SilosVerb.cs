using System.Text.Json;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Runs <c>kpl silos</c>.</summary>
/// <param name="host">The host whose standard output gets the answer.</param>
/// <param name="place">Where the tier is.</param>
/// <param name="json">Whether the answer is printed as one line of JSON.</param>
internal sealed class SilosVerb(CliHost host, TierPlace place, bool json) : TierVerb(host, place, "", json)
{
    private readonly TimeProvider _time = host.Time;

    public async Task<int> RunAsync()
    {
        var answer = await Connection.GetAtAsync("/admin/silos").ConfigureAwait(false);
        return Output.Tell(answer, () =>
        {
            using var document = JsonDocument.Parse(answer);
            return SiloTable.Of(document.RootElement.GetProperty("silos").EnumerateArray(), _time.GetUtcNow());
        });
    }
}
