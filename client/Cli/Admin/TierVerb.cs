using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>A verb that calls a tier about one stream, with its connection and its output.</summary>
/// <param name="host">The host whose standard output gets the answer.</param>
/// <param name="place">Where the tier is.</param>
/// <param name="json">Whether the answer is printed as one line of JSON.</param>
internal abstract class TierVerb(CliHost host, TierPlace place, string stream, bool json) : IDisposable
{
    protected string Stream => stream;

    protected AdminConnection Connection { get; } = new(
        new CliSettings(host, place.Tier, null, place.Admin).Admin, TierAccess.Of(host), stream, host.Stop);

    protected AdminOutput Output { get; } = new(host, json);

    public void Dispose() => Connection.Dispose();
}
