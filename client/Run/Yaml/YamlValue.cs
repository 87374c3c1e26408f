using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Run.Yaml;

/// <summary>A location in a file.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1.</param>
/// <param name="Path">The names above it, as in <c>output.aws_kinesis.batch.size</c>; empty for the whole file.</param>
internal readonly record struct YamlLocation(long Line, long Column, string Path)
{
    /// <summary>Returns the location of a name below this one.</summary>
    public YamlLocation Below(string name) => this with { Path = Path.Length > 0 ? $"{Path}.{name}" : name };
}

/// <summary>A value of a YAML file.</summary>
internal abstract record YamlValue(YamlLocation Location)
{
    /// <summary>The kind of the value, for messages: a text, a list or a mapping.</summary>
    public abstract string Kind { get; }

    /// <summary>The value as JSON: a text without quotes is a number, a switch or null where YAML's core schema says so.</summary>
    public abstract JsonNode? ToJson();

    /// <summary>Takes names with settings apart, as in <c>stdin: {}</c>, or <c>stdin</c> alone; empty, with an error, if it has none.</summary>
    public IReadOnlyList<YamlEntry> Named(RunFindings findings)
    {
        if (this is YamlText { Text.Length: > 0 } text)
            return [new YamlEntry(text.Text, Location.Below(text.Text), new YamlText(Location, "", IsPlain: true))];
        if (this is YamlMapping { Entries.Count: > 0 } mapping)
            return mapping.Entries;
        findings.Error(Location, $"must be a name, or a name with its settings, and is {Kind}");
        return [];
    }
}

/// <summary>A text, as it stands in the file: a number and <c>true</c> are texts too.</summary>
/// <param name="Text">The text, its environment variables filled in.</param>
/// <param name="IsPlain">Whether it stands without quotes and without variables, so that it may mean a number, a switch or nothing.</param>
internal sealed record YamlText(YamlLocation Location, string Text, bool IsPlain) : YamlValue(Location)
{
    /// <summary>Whether nothing is written, or <c>null</c> or <c>~</c>.</summary>
    public bool IsNull => IsPlain && Text is "" or "null" or "~" or "Null" or "NULL";

    public override string Kind => IsNull ? "nothing" : "a text";

    public override JsonNode? ToJson()
    {
        if (IsNull)
            return null;
        if (!IsPlain)
            return JsonValue.Create(Text);
        if (Text is "true" or "True" or "TRUE" or "false" or "False" or "FALSE")
            return JsonValue.Create(Text[0] is 't' or 'T');
        // Of any length: a double keeps 17 digits.
        if (BigInteger.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return JsonNode.Parse(whole.ToString(CultureInfo.InvariantCulture));
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(Text, style, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && Text.Any(char.IsAsciiDigit)
            ? JsonValue.Create(number)
            : JsonValue.Create(Text);
    }
}

/// <summary>A list of values.</summary>
internal sealed record YamlSequence(YamlLocation Location, IReadOnlyList<YamlValue> Items) : YamlValue(Location)
{
    public override string Kind => "a list";

    public override JsonNode ToJson() => new JsonArray([.. Items.Select(static item => item.ToJson())]);
}

/// <summary>Names with values, in the order in which they stand.</summary>
internal sealed record YamlMapping(YamlLocation Location, IReadOnlyList<YamlEntry> Entries) : YamlValue(Location)
{
    public override string Kind => "a mapping";

    public override JsonNode ToJson() =>
        new JsonObject(Entries.DistinctBy(static entry => entry.Name).Select(static entry => KeyValuePair.Create(entry.Name, entry.Value.ToJson())));

    /// <summary>Returns the value of a name; null if the name is not there.</summary>
    public YamlValue? Find(string name) => Entries.FirstOrDefault(entry => entry.Name == name)?.Value;
}

/// <summary>One name of a mapping, with its value.</summary>
internal sealed record YamlEntry(string Name, YamlLocation Location, YamlValue Value);
