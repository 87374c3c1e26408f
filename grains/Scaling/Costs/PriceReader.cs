using System.Globalization;
using System.Text.Json;

namespace Orleans.Kpl.Scaling.Costs;

/// <summary>An object of a file of prices. What is wrong in it is noted, and reading goes on, so that every error is told at once.</summary>
/// <param name="Name">The key of the object; empty for the file.</param>
internal sealed record PriceReader(string Name, JsonElement Element, List<string> Errors, string Path = "")
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Returns the objects in an object.</summary>
    public IEnumerable<PriceReader> Members(string key)
    {
        if (Find(key) is not { } value)
            yield break;
        if (value.ValueKind != JsonValueKind.Object || !value.EnumerateObject().Any())
        {
            Wrong(key, value, "must be an object with a region or more");
            yield break;
        }

        foreach (var member in value.EnumerateObject())
        {
            var part = new PriceReader(member.Name, member.Value, Errors, $"{Path}{key}.{member.Name}.");
            yield return part;
            part.TellUnknown();
        }
    }

    public double Number(string key, double most)
    {
        if (Find(key) is not { } value)
            return 0;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= 0 && number <= most)
            return number;
        Wrong(key, value, string.Create(CultureInfo.InvariantCulture, $"must be a number from 0 to {most:N0}"));
        return 0;
    }

    public DateOnly Date(string key)
    {
        if (Find(key) is not { } value)
            return default;
        if (value.ValueKind == JsonValueKind.String && DateOnly.TryParseExact(value.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, 0, out var date))
            return date;
        Wrong(key, value, "must be a day such as \"2026-08-08\"");
        return default;
    }

    public string Text(string key)
    {
        if (Find(key) is not { } value)
            return "";
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString()!;
        Wrong(key, value, "must be a text");
        return "";
    }

    /// <summary>Notes each key that was not asked for.</summary>
    public void TellUnknown()
    {
        if (Element.ValueKind == JsonValueKind.Object)
            Errors.AddRange(Element.EnumerateObject().Where(m => !_known.Contains(m.Name)).Select(m => $"{Path}{m.Name} is not known"));
    }

    private JsonElement? Find(string key)
    {
        _known.Add(key);
        if (Element.ValueKind == JsonValueKind.Object && Element.TryGetProperty(key, out var value))
            return value;
        Errors.Add($"{Path}{key} is missing");
        return null;
    }

    private void Wrong(string key, JsonElement value, string must) => Errors.Add($"{Path}{key} is {value.GetRawText()}: it {must}");
}
