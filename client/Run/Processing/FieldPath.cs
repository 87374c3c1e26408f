using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Run.Processing;

/// <summary>
/// A way to a field of a JSON text: names with dots between them, as in <c>user.id</c>, or a JSON pointer (RFC 6901), as in <c>/user/id</c>, for names
/// that have dots. A number leads into a list.
/// </summary>
internal sealed class FieldPath(string text, string[] names)
{
    /// <summary>The path as it was written.</summary>
    public string Text { get; } = text;

    /// <summary>Parses a path; null if a name in it is empty.</summary>
    public static FieldPath? Parse(string text)
    {
        var isPointer = text.StartsWith('/');
        string[] names = isPointer
            ? [.. text[1..].Split('/').Select(static name => name.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))]
            : text.Split('.');
        return names.Any(static name => name.Length == 0) ? null : new FieldPath(text, names);
    }

    /// <summary>Finds a value; null if there is none, or it is JSON's null.</summary>
    public JsonNode? Find(JsonNode? root) => TryFind(root, out var value) ? value : null;

    /// <summary>Finds a value, which is null where it is JSON's null; false if there is none.</summary>
    public bool TryFind(JsonNode? root, out JsonNode? value)
    {
        value = root;
        foreach (var name in names)
        {
            if (!TryStep(value, name, out value))
                return false;
        }

        return true;
    }

    /// <summary>Returns a value as text: a string without its quotes, a number or a switch as it stands. Null for anything else.</summary>
    public string? FindText(JsonNode? root) => Find(root) is JsonValue value ? TextOf(value) : null;

    /// <summary>Writes a value, and makes the objects on the way; false if something on the way is no object.</summary>
    public bool Set(JsonObject root, JsonNode? value)
    {
        foreach (var name in names.AsSpan(0, names.Length - 1))
        {
            if (!root.TryGetPropertyValue(name, out var next))
                root[name] = next = new JsonObject();
            if (next is not JsonObject inner)
                return false;
            root = inner;
        }

        root[names[^1]] = value;
        return true;
    }

    /// <summary>Takes a value out if it is there. JSON's null is taken out too.</summary>
    public void Remove(JsonObject root)
    {
        JsonNode? parent = root;
        foreach (var name in names.AsSpan(0, names.Length - 1))
            TryStep(parent, name, out parent);
        (parent as JsonObject)?.Remove(names[^1]);
    }

    private static bool TryStep(JsonNode? node, string name, out JsonNode? value)
    {
        if (node is JsonObject inner)
            return inner.TryGetPropertyValue(name, out value);
        var index = 0;
        var isThere = node is JsonArray list && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out index) && index < list.Count;
        value = isThere ? node![index] : null;
        return isThere;
    }

    private static string? TextOf(JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.String => value.GetValue<string>(),
        JsonValueKind.Number => value.ToJsonString(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };
}
