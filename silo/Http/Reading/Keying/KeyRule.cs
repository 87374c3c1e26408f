using System.Text.Json;
using Orleans.Kpl.Http.Identities.Access;

namespace Orleans.Kpl.Http.Reading.Keying;

/// <summary>
/// The source of the partition keys of a request's records, as <c>?key=</c> says: a field of each record, a header, a text, or chance. A line or an
/// element is then the data of a record as it stands.
/// </summary>
internal sealed class KeyRule(string? text, string? pointerText = null, JsonPointer? pointer = null)
{
    private const string Parameter = "key";

    /// <summary>These say who asks. A partition key is stored, and consumers see it.</summary>
    private static readonly string[] Secret = ["Authorization", CallerCredential.KeyHeader, "Proxy-Authorization", "Cookie", "X-Amz-Security-Token"];

    /// <summary>Whether keys are made up, a different one for each record.</summary>
    public bool IsRandom => text is null && pointer is null;

    /// <summary>Returns the rule of a request; null where records bring their keys.</summary>
    /// <exception cref="RequestRefusedException">It is no rule, or the request names a key otherwise too.</exception>
    public static KeyRule? Read(HttpRequest request)
    {
        if (!request.QueryString.HasValue || !request.Query.TryGetValue(Parameter, out var values))
            return null;
        if (RawRecord.IsMeant(request.Headers) || request.Headers.ContainsKey(RawRecord.ExplicitHashKeyHeader))
            throw Refuse($"?key= is for lines and elements: send no {RawRecord.PartitionKeyHeader} or {RawRecord.ExplicitHashKeyHeader} beside it");
        var rule = values.ToString();
        if (values.Count > 1)
            throw Refuse("?key= must stand once");
        if (rule == "random")
            return new KeyRule(null);
        if (rule.StartsWith("text:", StringComparison.Ordinal))
            return new KeyRule(CheckLength(rule["text:".Length..], "text:"));
        if (rule.StartsWith("header:", StringComparison.Ordinal))
            return new KeyRule(CheckLength(ValueOf(rule["header:".Length..].Trim(), request.Headers), rule));
        return JsonPointer.Parse(rule) is { } pointer
            ? new KeyRule(null, rule, pointer)
            : throw Refuse($"key '{rule}' is none of /json/pointer, header:NAME, text:TEXT, random");
    }

    /// <summary>Reads the value at which <paramref name="reader"/> is positioned, to its end, and finds its key.</summary>
    /// <param name="reader">A reader of a record's JSON text.</param>
    /// <param name="error">Why the record has none.</param>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public bool TryRead(ref Utf8JsonReader reader, out string key, out string error)
    {
        error = "";
        if (pointer is null)
        {
            reader.Skip();
            // As long as the keys that `kpl put` makes up, so that records are as large.
            key = text ?? Guid.NewGuid().ToString();
            return true;
        }
        key = pointer.Find(ref reader) ?? "";
        if (key.Length == 0)
            error = $"the record has no text or number at {pointerText}";
        return key.Length > 0;
    }

    private static string ValueOf(string name, IHeaderDictionary headers)
    {
        if (Secret.Contains(name, StringComparer.OrdinalIgnoreCase))
            throw Refuse($"the header {name} says who asks; it is no partition key");
        return headers.TryGetValue(name, out var values) && values is [{ } value]
            ? value
            : throw Refuse($"?key=header:{name} needs that header, once");
    }

    private static string CheckLength(string key, string rule) => key.Length is > 0 and <= 256
        ? key
        : throw Refuse($"?key={rule} must be a text of 1 to 256 characters, and has {key.Length}");

    private static RequestRefusedException Refuse(string message) => RequestRefusedException.BadRequest(HttpErrorCodes.InvalidKey, message);
}
