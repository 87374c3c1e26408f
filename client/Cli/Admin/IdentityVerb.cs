using System.Text;
using System.Text.Json.Nodes;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Conditions;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Runs <c>kpl identities</c>: shows who may use a tier, bans, and changes quotas for a while.</summary>
internal sealed class IdentityVerb(CliHost host, NamedTier named, bool json) : TierVerb(host, named, "", json)
{
    private const string Path = "/admin/identities";

    public async Task<int> ListAsync()
    {
        var answer = await Connection.GetAsync(Path).ConfigureAwait(false);
        return Output.Tell(answer, () => IdentityTables.Of([.. JsonNode.Parse(answer)!["identities"]!.AsArray()!]));
    }

    /// <param name="action">What to do: <c>ban</c>, <c>quota</c> or <c>restore</c>.</param>
    public async Task<int> ActAsync(string identity, string action, JsonObject body)
    {
        var answer = await Connection.PostAsync($"{Path}/{Uri.EscapeDataString(identity)}/{action}", body.ToJsonString()).ConfigureAwait(false);
        return Output.Tell(answer, () => IdentityTables.Of([JsonNode.Parse(answer)!]) + IdentityTables.OfSilos(JsonNode.Parse(answer)!));
    }
}

/// <summary>Prints identities, and which silos know what was changed.</summary>
internal static class IdentityTables
{
    public static string Of(IReadOnlyList<JsonNode> identities) => new PrintedTable(
        "identity", "state", "requests at once", "body bytes at once", "records/s", "bytes/s", "for a while").With(identities, static i =>
        [
            (string)i["identity"]!, (bool)i["banned"]! ? "banned" : "taken", Number(i["quota"]!["requests_in_flight"]),
            Number(i["quota"]!["body_bytes_in_flight"]), Number(i["quota"]!["records_per_second"]), Number(i["quota"]!["bytes_per_second"]),
            string.Join("; ", i["overrides"]!.AsArray().Select(static o => Describe(o!))),
        ]).ToString();

    /// <summary>Says which other silos do not know yet; nothing where all do.</summary>
    public static string OfSilos(JsonNode answer)
    {
        var text = new StringBuilder();
        foreach (var silo in answer["not_told"]!.AsArray())
            text.Append($"not told yet: {ConditionText.Silo((string)silo!)}; it is told every two seconds\n");
        return text.ToString();
    }

    private static string Describe(JsonNode change) => $"{(string?)change["kind"]} by {(string?)change["by"]} until {(DateTimeOffset)change["until"]!:u}";

    private static string Number(JsonNode? number) => number is null ? "" : ((long)number).ToString("N0");
}
