using Orleans.Kpl.Run.Processing;
using Orleans.Kpl.Run.Yaml;

namespace Orleans.Kpl.Run.Reading;

/// <summary>Reads <c>partition_key</c> and <c>hash_key</c>: a field, several, <c>{ static: TEXT }</c> or <c>{ timestamp: UNIT }</c>.</summary>
internal static class KeyReader
{
    /// <summary>Reads a partition key; a random one if it has an error.</summary>
    public static KeyChoice Read(YamlValue value, RunFindings findings)
    {
        if (value is not YamlMapping)
        {
            var paths = FieldReader.TextsOf(value, findings)?.Select(text => Path(text, value.Location, findings)).OfType<FieldPath>().ToList();
            return paths is null ? KeyChoice.Random : KeyChoice.OfFields(paths);
        }

        var fields = new FieldReader(value, findings);
        var (isFixed, isTime) = (fields.Has("static"), fields.Has("timestamp"));
        var text = fields.Text("static");
        var unit = fields.Choice("timestamp", "milliseconds", "seconds");
        fields.End();
        if (isFixed == isTime)
            findings.Error(value.Location, "must be a field, a list of fields, { static: TEXT } or { timestamp: milliseconds }");
        else if (isFixed && text is not { Length: <= PartitionKeyRule.MaxLength })
            findings.Error(value.Location, $"a partition key has 1 to {PartitionKeyRule.MaxLength} UTF-16 code units");
        return isTime ? KeyChoice.OfTime(unit is "seconds") : text is not null ? KeyChoice.OfText(text) : KeyChoice.Random;
    }

    /// <summary>Reads an explicit hash key: one for all records, or the field that has it.</summary>
    public static (UInt128? Fixed, FieldPath? Field) ReadHashKey(YamlValue value, RunFindings findings)
    {
        if (value is YamlText { Text.Length: > 0 } field)
            return (null, Path(field.Text, field.Location, findings));
        var fields = new FieldReader(value, findings);
        var text = fields.Text("static", isRequired: true);
        fields.End();
        if (text is null)
            return default;
        if (ExplicitHashKey.TryParse(text, out var hashKey, out var error))
            return (hashKey, null);
        findings.Error(value.Location, error);
        return default;
    }

    /// <summary>Parses a field; null, with an error, if it is none.</summary>
    public static FieldPath? Path(string text, YamlLocation location, RunFindings findings)
    {
        var path = FieldPath.Parse(text);
        if (path is null)
            findings.Error(location, $"'{text}' is no field: names with dots between them, as in user.id, or a JSON pointer, as in /user/id");
        return path;
    }
}
