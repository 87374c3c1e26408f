namespace Orleans.Kpl.DynamoDb.Tests.Reaching;

/// <summary>One row of the table: what is in the environment, and where each client must go.</summary>
/// <param name="Name">What is set.</param>
/// <param name="Goes">
/// What a witness sees; <c>{p}</c> is what the service's hosts begin with, <c>{f}</c> the same with <c>-fips</c>, <c>{g}</c> the same in GovCloud. Empty
/// where it must see nothing.
/// </param>
/// <param name="Variables">Variables beside those of every row; <c>{ID}</c> is the service's, <c>{W}</c> the witness' port.</param>
/// <param name="Config">The file of profiles.</param>
public sealed record EnvironmentRow(string Name, string Goes, (string Name, string? Value)[] Variables, string Config = "")
{
    private const string Own = "proxy https {p}.eu-west-1.amazonaws.com";
    private const string Fips = "proxy https {f}.eu-west-1.amazonaws.com";
    private const string Dual = "proxy https {p}.eu-west-1.api.aws";
    private const string EndpointUrl = "AWS_ENDPOINT_URL";
    private const string OfService = "AWS_ENDPOINT_URL_{ID}";
    private const string Ignore = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
    private const string UseFips = "AWS_USE_FIPS_ENDPOINT";
    private const string UseDual = "AWS_USE_DUALSTACK_ENDPOINT";

    private const string Services = """
        [default]
        endpoint_url = http://profile.example
        services = mine
        [services mine]
        kinesis =
          endpoint_url = http://services.example
        cloudwatch =
          endpoint_url = http://services.example
        glue =
          endpoint_url = http://services.example
        dynamodb =
          endpoint_url = http://services.example
        sts =
          endpoint_url = http://services.example
        """;

    /// <summary>Whether botocore does the same. It sends to this machine through a proxy too, and has no settings of ours.</summary>
    public bool HasReference { get; init; } = true;

    /// <summary>Whether AWS's SDK for .NET does the same. It heeds that line of the profile for endpoints of the profile alone, botocore for all.</summary>
    public bool HasSdk { get; init; } = true;

    /// <summary>Whether settings of ours name the endpoint.</summary>
    public bool HasSetting { get; init; }

    public static EnvironmentRow[] All { get; } =
    [
        new("nothing", Own, []),
        new("AWS_ENDPOINT_URL", "proxy http all.example", [(EndpointUrl, "http://all.example")]),
        new("AWS_ENDPOINT_URL_SERVICE first", "proxy http own.example", [(EndpointUrl, "http://all.example"), (OfService, "http://own.example")]),
        new("AWS_ENDPOINT_URL of another service", Own, [("AWS_ENDPOINT_URL_S3", "http://other.example")]),
        new("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", Own, [(EndpointUrl, "http://all.example"), (OfService, "http://own.example"), (Ignore, "TRUE")], Services),
        new("profile: endpoint_url", "proxy http profile.example", [], "[default]\nendpoint_url = http://profile.example\n"),
        new("profile: services first", "proxy http services.example", [], Services),
        new("variable before profile", "proxy http all.example", [(EndpointUrl, "http://all.example")], Services),
        new("profile: ignore_configured_endpoint_urls", Own, [(EndpointUrl, "http://all.example")], "[default]\nignore_configured_endpoint_urls = true\n")
        {
            HasSdk = false,
        },
        new("AWS_PROFILE", "proxy http prod.example", [("AWS_PROFILE", "prod")],
            "[default]\nendpoint_url = http://profile.example\n[profile prod]\nregion = eu-west-1\nendpoint_url = http://prod.example\n"),
        new("AWS_USE_FIPS_ENDPOINT", Fips, [(UseFips, "true")]),
        new("profile: use_fips_endpoint", Fips, [], "[default]\nuse_fips_endpoint = true\n"),
        new("AWS_USE_FIPS_ENDPOINT=false before profile", Own, [(UseFips, "false")], "[default]\nuse_fips_endpoint = true\n"),
        new("AWS_USE_DUALSTACK_ENDPOINT", Dual, [(UseDual, "true")]),
        new("profile: use_dualstack_endpoint", Dual, [], "[default]\nuse_dualstack_endpoint = true\n"),
        new("FIPS and dual stack", "proxy https {f}.eu-west-1.api.aws", [(UseFips, "true"), (UseDual, "true")]),
        new("FIPS in GovCloud", "proxy https {g}.us-gov-west-1.amazonaws.com",
            [(UseFips, "true"), ("AWS_REGION", "us-gov-west-1"), ("AWS_DEFAULT_REGION", "us-gov-west-1")]),
        new("both in GovCloud", "proxy https {d}.us-gov-west-1.api.aws",
            [(UseFips, "true"), (UseDual, "true"), ("AWS_REGION", "us-gov-west-1"), ("AWS_DEFAULT_REGION", "us-gov-west-1")]),
        new("dual stack in China", "proxy https {p}.cn-north-1.api.amazonwebservices.com.cn",
            [(UseDual, "true"), ("AWS_REGION", "cn-north-1"), ("AWS_DEFAULT_REGION", "cn-north-1")]),
        new("no AWS_CA_BUNDLE", Own + ", not trusted", [("AWS_CA_BUNDLE", null)]),
        new("profile: ca_bundle", Own, [("AWS_CA_BUNDLE", null)], "[default]\nca_bundle = {B}\n"),
        new("HTTPS_PROXY with a user", "proxy me:it is@https {p}.eu-west-1.amazonaws.com", [("HTTPS_PROXY", "http://me:it%20is@127.0.0.1:{W}")]),
        new("https_proxy in small letters first", Own, [("HTTPS_PROXY", "http://127.0.0.1:1"), ("https_proxy", "http://127.0.0.1:{W}")]),
        new("NO_PROXY", "", [("NO_PROXY", "example.com,.amazonaws.com")]),
        new("this machine, and a proxy", "direct", [(EndpointUrl, "http://127.0.0.1:{W}")]) { HasReference = false },
        new("settings first", "proxy http ours.example", [(EndpointUrl, "http://all.example"), (UseFips, "true")], Services)
        {
            HasReference = false, HasSetting = true,
        },
    ];

    public string Expected(string service) => Goes.Replace("{p}", PrefixOf(service), StringComparison.Ordinal)
        .Replace("{f}", PrefixOf(service) + "-fips", StringComparison.Ordinal)
        .Replace("{g}", service == "Glue" ? "glue-fips" : PrefixOf(service), StringComparison.Ordinal)
        .Replace("{d}", service == "CloudWatch" ? "monitoring" : PrefixOf(service) + "-fips", StringComparison.Ordinal);

    /// <summary>The whole environment of the row.</summary>
    internal Dictionary<string, string> For(string service, Witness witness, string config)
    {
        var proxy = $"http://127.0.0.1:{witness.Port}";
        Dictionary<string, string> all = new()
        {
            ["AWS_REGION"] = "eu-west-1", ["AWS_DEFAULT_REGION"] = "eu-west-1", ["HTTPS_PROXY"] = proxy, ["HTTP_PROXY"] = proxy,
            ["AWS_CA_BUNDLE"] = witness.Bundle, ["AWS_MAX_ATTEMPTS"] = "1", ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["AWS_CONFIG_FILE"] = config, ["AWS_SHARED_CREDENTIALS_FILE"] = config + ".none",
        };
        foreach (var (name, value) in Variables)
        {
            var key = name.Replace("{ID}", service.ToUpperInvariant(), StringComparison.Ordinal);
            if (value is null)
                all.Remove(key);
            else
                all[key] = Fill(value, witness);
        }

        return all;
    }

    /// <summary>The text of the row's file of profiles.</summary>
    internal string ConfigFor(Witness witness) => Fill(Config, witness);

    public override string ToString() => Name;

    private static string Fill(string text, Witness witness) => text.Replace("{B}", witness.Bundle, StringComparison.Ordinal)
        .Replace("{W}", witness.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static string PrefixOf(string service) => service == "CloudWatch" ? "monitoring" : service.ToLowerInvariant();
}
