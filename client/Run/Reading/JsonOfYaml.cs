using System.Globalization;
using System.Text.Json.Nodes;
using Orleans.Kpl.Run.Yaml;

namespace Orleans.Kpl.Run.Reading;

/// <summary>Makes JSON of YAML: a text without quotes is a number, a switch or null where YAML's core schema says so.</summary>
internal static class JsonOfYaml
{
    public static JsonNode? Of(YamlValue value) => value switch
    {
        YamlText text => Of(text),
        YamlSequence list => new JsonArray([.. list.Items.Select(Of)]),
        YamlMapping mapping => new JsonObject(mapping.Entries.DistinctBy(static e => e.Name).Select(static e => KeyValuePair.Create(e.Name, Of(e.Value)))),
        _ => null,
    };

    private static JsonValue? Of(YamlText text)
    {
        if (text.IsNull)
            return null;
        if (!text.IsPlain)
            return JsonValue.Create(text.Text);
        if (text.Text is "true" or "True" or "TRUE" or "false" or "False" or "FALSE")
            return JsonValue.Create(text.Text[0] is 't' or 'T');
        if (long.TryParse(text.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return JsonValue.Create(whole);
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text.Text, style, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && text.Text.Any(char.IsAsciiDigit)
            ? JsonValue.Create(number)
            : JsonValue.Create(text.Text);
    }
}
