using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>A verb that asks a tier about one stream: its connection, and where the answer goes.</summary>
/// <param name="host">Where the answer goes.</param>
/// <param name="tier">What <c>--tier</c> said.</param>
/// <param name="stream">The stream.</param>
/// <param name="json">Whether the answer is given in one line of JSON.</param>
internal abstract class TierVerb(CliHost host, string? tier, string stream, bool json) : IDisposable
{
    protected string Stream => stream;

    protected AdminConnection Connection { get; } = new(new CliSettings(host, tier, null).Tier, stream, host.Stop);

    protected AdminOutput Output { get; } = new(host, json);

    public void Dispose() => Connection.Dispose();
}
