using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.Cli.Terminal;

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
                NameOf(silo.GetProperty("silo").GetString()!), silo.GetProperty("state").GetString()!, silo.GetProperty("version").GetString() ?? "",
                Text($"{silo.GetProperty("shards").GetInt64()}"), Text($"{silo.GetProperty("outstanding_bytes").GetInt64() / 1024}"),
                Text($"{silo.GetProperty("oldest_seconds").GetDouble():0.0}"), up);
        }

        return table.ToString();
    }

    /// <summary>
    /// Returns a silo's address as its line <c>ready</c> has it: Orleans writes <c>S127.0.0.1:11111:154459804</c>, with the number of its start.
    /// </summary>
    public static string NameOf(string silo)
    {
        var number = silo.LastIndexOf(':');
        var isOrleans = silo.StartsWith('S') && number > 0 && silo.IndexOf(':', StringComparison.Ordinal) < number
            && !silo.AsSpan(number + 1).ContainsAnyExceptInRange('0', '9');
        return isOrleans ? silo[1..number] : silo;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
