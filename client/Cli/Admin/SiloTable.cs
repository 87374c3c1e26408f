using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Conditions;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Shows silos, or the one process of a local tier, for people.</summary>
internal static class SiloTable
{
    /// <exception cref="KeyNotFoundException">A member is not there; where it is something else, InvalidOperationException or FormatException.</exception>
    public static string Of(IEnumerable<JsonElement> silos, DateTimeOffset now)
    {
        var table = new PrintedTable("silo", "state", "version", "shards", "memory KiB", "oldest s", "up");
        foreach (var silo in silos)
        {
            var up = silo.GetProperty("started_at") is { ValueKind: JsonValueKind.String } since ? Quantity.OfTime(now - since.GetDateTimeOffset()) : "";
            table.Add(
                ConditionText.Silo(silo.GetProperty("silo").GetString()!), silo.GetProperty("state").GetString()!,
                silo.GetProperty("version").GetString() ?? "",
                Text($"{silo.GetProperty("shards").GetInt64()}"), Text($"{silo.GetProperty("outstanding_bytes").GetInt64() / 1024}"),
                Text($"{silo.GetProperty("oldest_seconds").GetDouble():0.0}"), up);
        }

        return table.ToString();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
