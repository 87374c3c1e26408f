using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Prints identities, and which silos know what was changed.</summary>
internal static class IdentityTables
{
    public static string Of(IReadOnlyList<JsonNode> identities)
    {
        var table = new PrintedTable("identity", "state", "requests at once", "body bytes at once", "records/s", "bytes/s", "for a while");
        foreach (var identity in identities)
        {
            var quota = identity["quota"]!;
            table.Add(
                (string)identity["identity"]!, (bool)identity["banned"]! ? "banned" : "taken", Number(quota["requests_in_flight"]),
                Number(quota["body_bytes_in_flight"]), Number(quota["records_per_second"]), Number(quota["bytes_per_second"]),
                string.Join("; ", identity["overrides"]!.AsArray().Select(static o => Describe(o!))));
        }

        return table.ToString();
    }

    /// <summary>Says which other silos do not know yet; nothing where all do.</summary>
    public static string OfSilos(JsonNode answer)
    {
        var text = new StringBuilder();
        foreach (var silo in answer["not_told"]!.AsArray())
            text.Append(CultureInfo.InvariantCulture, $"not told yet: {(string?)silo}; it is told every two seconds\n");
        return text.ToString();
    }

    private static string Describe(JsonNode change) => string.Create(
        CultureInfo.InvariantCulture, $"{(string?)change["kind"]} by {(string?)change["by"]} until {(DateTimeOffset)change["until"]!:u}");

    private static string Number(JsonNode? number) => number is null ? "" : ((long)number).ToString("N0", CultureInfo.InvariantCulture);
}
