using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Orleans.Kpl.Cli.Top;

/// <summary>One event of a tier.</summary>
/// <param name="Name"><c>map</c> or <c>pulse</c>.</param>
/// <param name="Text">Its data, one line of JSON.</param>
internal sealed record TierEvent(string Name, string Text)
{
    /// <exception cref="JsonException">The data is no JSON.</exception>
    public JsonElement Read()
    {
        using var document = JsonDocument.Parse(Text);
        return document.RootElement.Clone();
    }
}

/// <summary>Reads server-sent events.</summary>
internal static class TierEvents
{
    private const string NameField = "event: ";
    private const string DataField = "data: ";

    /// <summary>Reads the events of a stream until it ends. An event that was cut off is left out.</summary>
    public static async IAsyncEnumerable<TierEvent> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken stop)
    {
        using var reader = new StreamReader(stream);
        var (name, data) = ("", "");
        while (await reader.ReadLineAsync(stop).ConfigureAwait(false) is { } line)
        {
            if (line.StartsWith(NameField, StringComparison.Ordinal))
                name = line[NameField.Length..];
            else if (line.StartsWith(DataField, StringComparison.Ordinal))
                data = line[DataField.Length..];
            else if (line.Length == 0 && data.Length > 0)
            {
                yield return new TierEvent(name, data);
                (name, data) = ("", "");
            }
        }
    }
}
