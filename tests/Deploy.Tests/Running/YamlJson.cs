using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Orleans.Kpl.Deploy.Tests.Running;

/// <summary>What Kubernetes makes of YAML, which it reads by the rules of YAML 1.1: <c>on</c> without quotes is true, <c>0440</c> is 288.</summary>
internal static class YamlJson
{
    private static readonly Regex Hexadecimal = new("^0x([0-9A-Fa-f]+)$");
    private static readonly Regex Octal = new("^0o?([0-7]+)$");
    private static readonly Regex Whole = new("^[-+]?[0-9]{1,18}$");
    private static readonly Regex Fraction = new(@"^[-+]?[0-9]*\.?[0-9]+([eE][-+][0-9]+)?$");
    private static readonly string[] True = ["y", "yes", "on", "true"];
    private static readonly string[] False = ["n", "no", "off", "false"];
    private static readonly string[] Null = ["", "~", "null"];

    public static JsonNode? Of(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(static c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, Of(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Of)]),
        YamlScalarNode { Style: ScalarStyle.Plain } plain => Of(plain.Value ?? ""),
        YamlScalarNode text => JsonValue.Create(text.Value),
        _ => throw new InvalidOperationException($"{node.NodeType} at {node.Start}"),
    };

    /// <summary>A text without quotes.</summary>
    private static JsonValue? Of(string plain)
    {
        if (Null.Contains(plain.ToLowerInvariant()))
            return null;
        if (True.Contains(plain.ToLowerInvariant()) || False.Contains(plain.ToLowerInvariant()))
            return JsonValue.Create(True.Contains(plain.ToLowerInvariant()));
        if (Hexadecimal.Match(plain) is { Success: true } hexadecimal)
            return JsonValue.Create(long.Parse(hexadecimal.Groups[1].Value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        if (Octal.Match(plain) is { Success: true } octal)
            return JsonValue.Create(Convert.ToInt64(octal.Groups[1].Value, 8));
        if (Whole.IsMatch(plain))
            return JsonValue.Create(long.Parse(plain, CultureInfo.InvariantCulture));
        return Fraction.IsMatch(plain) ? JsonValue.Create(double.Parse(plain, CultureInfo.InvariantCulture)) : JsonValue.Create(plain);
    }
}
