using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Runs <c>kpl identities</c>: shows who may use a tier, bans, and changes quotas for a while.</summary>
/// <param name="host">The host whose standard output gets the answer.</param>
/// <param name="place">Where the tier is.</param>
/// <param name="json">Whether the answer is printed as one line of JSON.</param>
internal sealed class IdentityVerb(CliHost host, TierPlace place, bool json) : TierVerb(host, place, "", json)
{
    private const string Path = "/admin/identities";

    public async Task<int> ListAsync()
    {
        var answer = await Connection.GetAtAsync(Path).ConfigureAwait(false);
        return Output.Tell(answer, () => IdentityTables.Of([.. Parse(answer)["identities"]!.AsArray()!]));
    }

    /// <param name="action">What to do: <c>ban</c>, <c>quota</c> or <c>restore</c>.</param>
    public async Task<int> ActAsync(string identity, string action, JsonObject body)
    {
        var answer = await Connection.PostAtAsync($"{Path}/{Uri.EscapeDataString(identity)}/{action}", body.ToJsonString()).ConfigureAwait(false);
        return Output.Tell(answer, () => IdentityTables.Of([Parse(answer)]) + IdentityTables.OfSilos(Parse(answer)));
    }

    private static JsonNode Parse(byte[] answer) => JsonNode.Parse(answer) ?? throw new JsonException("an object is expected, not null");
}
