using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Orleans.Kpl.Http;
using Orleans.Kpl.Kinesis.Settings;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Deploy.Tests;

/// <summary>
/// Writes the parts of the chart's schema that are the silo's settings, and the list of their names that templates ask. The rest of the schema is
/// written by hand.
/// </summary>
internal static class ValuesSchema
{
    private static readonly Regex Least = new(@"^(?:at least )?(-?[0-9]+)\b");
    private static readonly Regex Most = new(@"(?:at most|to) ([0-9]+)\b");

    /// <summary>What the chart sets itself, or what has no meaning in a pod.</summary>
    private static readonly string[] NotTaken =
    [
        "Cluster:Membership", "Cluster:Id", "Cluster:ServiceId", "Cluster:SiloPort", "Cluster:GatewayPort", "Cluster:AdvertisedAddress", "Kinesis:Region",
        "DynamoDb:Region", "Http:Address", "Http:Port", "Http:HealthPort",
        "Backlog:Directory", "Backlog:Sync", "Kinesis:Profile", "DynamoDb:Profile",
        "Http:AllowPlaintext", "Http:AllowAnonymous", "Http:CertificateFile", "Http:CertificateKeyFile", "Cluster:AllowPlaintext",
        "Cluster:CertificateFile", "Cluster:CertificateKeyFile", "Cluster:SiloCaCertFile", "Cluster:ClientCaCertFile", "Cluster:SiloNames",
        "Cluster:ClientNames", "Cluster:AdminKeyFile", "Cluster:FailureStreamProvider", "Http:ClientCaCertFile", "Metrics:Profile",
    ];

    private static readonly JsonSerializerOptions Form = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The silo's settings with what the schema says of each, by their names.</summary>
    private static IEnumerable<(string Name, bool IsOfStream, bool IsSecret, JsonObject Schema)> Settings =>
    [
        .. KplSettings.All.Concat(KplClusterSettings.All)
            .Where(static s => s is not FixedSetting)
            .Select(static s => (
                s.Name, s is Setting<StreamOptions>, s.IsSecret, SchemaOf(s.GetType().GetGenericArguments()[^1], s.Range, s.Cap, s.Description))),
        .. KinesisFrontConfiguration.All.Concat<KplSetting>(KplHttpConfiguration.All)
            .Select(static s => (s.Name, false, s.IsSecret, SchemaOf(s.GetType().GetGenericArguments()[^1], s.Range, s.Cap, s.Description))),
    ];

    /// <summary>The names of all settings, one a line.</summary>
    public static string Names => string.Concat(Settings.Select(static s => s.Name).Order(StringComparer.Ordinal).Select(static n => n + "\n"));

    /// <summary>Returns the schema with its parts about settings written anew.</summary>
    public static string Write(string schema)
    {
        var root = JsonNode.Parse(schema)!.AsObject();
        var parts = root["$defs"]!.AsObject();
        parts["stream"] = Section(Settings.Where(static s => s.IsOfStream && !s.IsSecret));
        var config = Section(Settings.Where(static s => !s.IsSecret && !NotTaken.Contains(s.Name)));
        config["properties"]!["Streams"] = new JsonObject
        {
            ["type"] = "object", ["description"] = "Settings of one stream each, by its name.",
            ["additionalProperties"] = new JsonObject { ["$ref"] = "#/$defs/stream" },
        };
        parts["config"] = config;
        var secrets = new JsonObject();
        foreach (var secret in Settings.Where(static s => s.IsSecret))
            secrets[secret.Name] = new JsonObject { ["$ref"] = "#/$defs/secretKey" };
        parts["secretConfig"] = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = secrets };
        return root.ToJsonString(Form).ReplaceLineEndings("\n") + "\n";
    }

    /// <summary>Puts settings whose names have a colon into sections.</summary>
    private static JsonObject Section(IEnumerable<(string Name, bool IsOfStream, bool IsSecret, JsonObject Schema)> settings)
    {
        var section = NewSection();
        foreach (var setting in settings)
        {
            var (place, parts) = (section, setting.Name.Split(':'));
            foreach (var part in parts[..^1])
                place = (JsonObject)(place["properties"]![part] ??= NewSection());
            place["properties"]![parts[^1]] = setting.Schema;
        }

        return section;
    }

    private static JsonObject NewSection() => new() { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = new JsonObject() };

    private static JsonObject SchemaOf(Type type, string range, string? cap, string description)
    {
        var schema = type switch
        {
            _ when type == typeof(bool) => new JsonObject { ["type"] = "boolean" },
            _ when type == typeof(TimeSpan) => new JsonObject
            {
                ["type"] = new JsonArray("string", "integer"), ["pattern"] = "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)?$", ["minimum"] = 0,
            },
            _ when type == typeof(int) || type == typeof(long) || type == typeof(ulong) || type == typeof(uint) => new JsonObject { ["type"] = "integer" },
            _ when type == typeof(double) || type == typeof(decimal) => new JsonObject { ["type"] = "number" },
            { IsEnum: true } => new JsonObject { ["enum"] = new JsonArray([.. range.Split(", ").Select(static n => (JsonNode)n)]) },
            _ => new JsonObject { ["type"] = "string" },
        };
        if ((string?)schema["type"]?.ToString() is "integer" or "number")
        {
            // A range that only says "at most" begins at 0.
            schema["minimum"] = Least.Match(range) is { Success: true } least
                ? long.Parse(least.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : 0;
            if (cap is null && Most.Match(range) is { Success: true } most)
                schema["maximum"] = long.Parse(most.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        }

        if (description.Length > 0)
            schema["description"] = description;
        return schema;
    }
}
