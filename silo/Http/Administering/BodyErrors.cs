using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Http.Administering;

/// <summary>Says what is wrong with a body of administration, in terms of its members: the serializer speaks of types of .NET.</summary>
internal static class BodyErrors
{
    /// <param name="error">What the serializer threw.</param>
    /// <param name="type">What was expected.</param>
    public static string Describe(JsonException error, ReadOnlySpan<byte> body, JsonTypeInfo type)
    {
        try
        {
            return Find(error, body, type);
        }
        catch (InvalidOperationException)
        {
            return "a name or a text in the body is not valid UTF-8, or has half of a surrogate pair";
        }
    }

    private static string Find(JsonException error, ReadOnlySpan<byte> body, JsonTypeInfo type)
    {
        if (FindSyntax(body) is { } syntax)
            return JsonErrors.Describe("the body", syntax);
        if (Read(body) is not { ValueKind: JsonValueKind.Object } sent)
            return $"the body must be an object with {Names(type)}";
        if (sent.EnumerateObject().FirstOrDefault(m => !type.Properties.Any(p => p.Name == m.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
            return $"'{unknown.Name}' is not known here{Advice(unknown.Name, type)}";
        if (type.Properties.Where(p => p.IsRequired && !sent.TryGetProperty(p.Name, out _)).Select(static p => p.Name).ToList() is { Count: > 0 } missing)
            return $"{string.Join(", ", missing)} {(missing.Count == 1 ? "is" : "are")} missing";
        var member = error.Path is { Length: > 2 } path ? path[2..] : null;

        // What our own readers of values throw is said for people.
        return error.Message.StartsWith("The JSON value", StringComparison.Ordinal)
            ? member is null ? "a value is of another kind than is expected" : $"{member} is of another kind than is expected, or out of its range"
            : error.Message.Split(" Path: ", 2)[0];
    }

    private static string Advice(string name, JsonTypeInfo type)
    {
        var nearest = type.Properties.Select(static p => p.Name).MinBy(p => NearestSetting.EditDistance(name, p));
        return nearest is not null && NearestSetting.EditDistance(name, nearest) <= 2 ? $": did you mean '{nearest}'?" : $": there are {Names(type)}";
    }

    private static string Names(JsonTypeInfo type) => string.Join(", ", type.Properties.Select(static p => p.Name));

    private static JsonException? FindSyntax(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            while (reader.Read())
                reader.TrySkip();
            return null;
        }
        catch (JsonException error)
        {
            return error;
        }
    }

    private static JsonElement Read(ReadOnlySpan<byte> body)
    {
        using var document = JsonDocument.Parse(body.ToArray());
        return document.RootElement.Clone();
    }
}
