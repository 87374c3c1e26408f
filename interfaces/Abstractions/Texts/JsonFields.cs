using System.Globalization;
using System.Text.Json;

namespace Orleans.Kpl.Texts;

/// <summary>Reads the members of one JSON object, and notes every error with its path: a file is mended in one go.</summary>
internal sealed class JsonFields
{
    private static readonly string[] Times = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly JsonElement _element;
    private readonly List<string> _errors;
    private readonly string _path;

    /// <param name="path">Its path, such as <c>identities[2]</c>; empty for the whole file.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public JsonFields(JsonElement element, string path, List<string> errors)
    {
        (_element, _path, _errors) = (element, path, errors);
        if (element.ValueKind != JsonValueKind.Object)
            Refuse("", "is no object");
    }

    /// <summary>Reads a file that a person wrote, a byte order mark left out, and notes what is wrong with it as JSON.</summary>
    public static void ReadFile(ReadOnlyMemory<byte> bytes, List<string> errors, Action<JsonFields> read)
    {
        try
        {
            using var document = JsonDocument.Parse(ByteOrderMark.Skip(bytes), Options);
            read(new JsonFields(document.RootElement, "", errors));
        }
        catch (JsonException malformed)
        {
            errors.Add($"it is {JsonFault.Describe(malformed)}");
        }
        catch (InvalidOperationException)
        {
            errors.Add("it has a text that is no Unicode");
        }
    }

    /// <summary>Notes an error of a member, or of the object itself.</summary>
    public void Refuse(string name, string reason) => _errors.Add($"{Path(name)} {reason}");

    /// <summary>Returns a text; null if it is missing, which is an error of a required one.</summary>
    public string? Text(string name, bool isRequired = false)
    {
        if (Find(name, isRequired) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text)
            return text;
        Refuse(name, "is no text");
        return null;
    }

    /// <summary>Returns a whole number; null if it is missing.</summary>
    public long? Number(string name, long least, long most)
    {
        if (Find(name) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most)
            return number;
        Refuse(name, string.Create(CultureInfo.InvariantCulture, $"is not a whole number from {least} to {most}"));
        return null;
    }

    /// <summary>Returns a number from 0 on. Where it is missing or something else, that is an error.</summary>
    public double Amount(string name, double most)
    {
        if (Find(name, isRequired: true) is not { } value)
            return 0;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= 0 && number <= most)
            return number;
        Refuse(name, string.Create(CultureInfo.InvariantCulture, $"is {value.GetRawText()}, no number from 0 to {most:N0}"));
        return 0;
    }

    /// <summary>Returns a day. Where it is missing or something else, that is an error.</summary>
    public DateOnly Day(string name)
    {
        if (Find(name, isRequired: true) is not { } value)
            return default;
        if (value.ValueKind == JsonValueKind.String && DateOnly.TryParseExact(value.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, 0, out var day))
            return day;
        Refuse(name, $"is {value.GetRawText()}, no day such as 2026-08-08");
        return default;
    }

    /// <summary>Returns a duration, which is a text such as <c>24h</c>; null if it is missing.</summary>
    public TimeSpan? Duration(string name, TimeSpan least, TimeSpan most)
    {
        if (Text(name) is not { } text)
            return null;
        if (DurationText.TryParseWithUnit(text, least, most, out var value))
            return value;
        Refuse(name, DurationText.Refuse(text, least, most, "24h"));
        return null;
    }

    /// <summary>Returns a time; null if it is missing.</summary>
    public DateTimeOffset? Time(string name)
    {
        if (Text(name) is not { } text)
            return null;
        if (DateTimeOffset.TryParseExact(text, Times, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return time;
        Refuse(name, "is no time such as 2027-01-31T00:00:00Z");
        return null;
    }

    public bool Flag(string name)
    {
        if (Find(name) is not { } value)
            return false;
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            Refuse(name, "is neither true nor false");
        return value.ValueKind == JsonValueKind.True;
    }

    /// <summary>Returns the object of a member; null if it is missing.</summary>
    public JsonFields? Object(string name) => Find(name) is { } value ? new JsonFields(value, Path(name), _errors) : null;

    /// <summary>Returns the objects of a list; none if it is missing.</summary>
    public IReadOnlyList<JsonFields> Objects(string name)
    {
        if (Find(name) is not { } value)
            return [];
        if (value.ValueKind == JsonValueKind.Array)
            return [.. value.EnumerateArray().Select((e, i) => new JsonFields(e, string.Create(CultureInfo.InvariantCulture, $"{Path(name)}[{i}]"), _errors))];
        Refuse(name, "is no list");
        return [];
    }

    /// <summary>Returns the objects in an object, by their names. Where it is missing, empty or something else, that is an error.</summary>
    public IReadOnlyList<(string Name, JsonFields Fields)> Members(string name)
    {
        if (Find(name, isRequired: true) is not { } value)
            return [];
        if (value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any())
            return [.. value.EnumerateObject().Select(m => (m.Name, new JsonFields(m.Value, Path($"{name}.{Printable(m.Name)}"), _errors)))];
        Refuse(name, "is no object with a member or more");
        return [];
    }

    /// <summary>Notes every member that nobody has asked for. Their values stay out of the message: one may be a secret.</summary>
    public void RefuseOthers()
    {
        if (_element.ValueKind != JsonValueKind.Object)
            return;
        foreach (var member in _element.EnumerateObject())
        {
            if (!_known.Contains(member.Name))
                Refuse(Printable(member.Name), $"is not known; known are {string.Join(", ", _known)}");
        }
    }

    private JsonElement? Find(string name, bool isRequired = false)
    {
        _known.Add(name);
        if (_element.ValueKind != JsonValueKind.Object)
            return null;
        if (_element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
            return value;
        if (isRequired)
            Refuse(name, "is missing");
        return null;
    }

    private string Path(string name) => _path.Length == 0 ? name.Length == 0 ? "the file" : name : name.Length == 0 ? _path : $"{_path}.{name}";

    private static string Printable(string name) => new([.. name.Take(64).Select(static c => char.IsControl(c) ? '?' : c)]);
}
