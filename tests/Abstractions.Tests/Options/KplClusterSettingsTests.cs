using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Abstractions.Tests.Options;

public class KplClusterSettingsTests
{
    /// <summary>Each setting's default, a value that it takes and one that it refuses.</summary>
    private static readonly Dictionary<string, (string Default, string Good, string Bad)> Known = new()
    {
        ["Cluster:Membership"] = ("localhost", "dynamodb", "redis"),
        ["Cluster:Id"] = ("kpl", "blue.1_a-b", "a b"),
        ["Cluster:ServiceId"] = ("kpl", "orders", ""),
        ["Cluster:SiloPort"] = ("11111", "65535", "65536"),
        ["Cluster:GatewayPort"] = ("30000", "0", "-1"),
        ["Cluster:AdvertisedAddress"] = ("", "127.0.0.2", "a b"),
        ["Cluster:CertificateFile"] = ("", "tls.crt", "a\nb"),
        ["Cluster:CertificateKeyFile"] = ("", "tls.key", "a\nb"),
        ["Cluster:SiloCaCertFile"] = ("", "silos.crt", "a\nb"),
        ["Cluster:ClientCaCertFile"] = ("", "clients.crt", "a\nb"),
        ["Cluster:SiloNames"] = ("", "*.example.com,spiffe://example.com/ns/kpl/sa/silo", "*"),
        ["Cluster:ClientNames"] = ("", "client.example.com", "10.0.0.1"),
        ["Cluster:AdminKeyFile"] = ("", "admin.keys", "a\nb"),
        ["Cluster:AllowPlaintext"] = ("false", "true", "perhaps"),
        ["Cluster:FailureStreamProvider"] = ("", "alarms", "a\nb"),
        ["DynamoDb:ServiceUrl"] = ("", "http://127.0.0.1:8000", "ftp://127.0.0.1"),
        ["DynamoDb:TablePrefix"] = ("kpl-", "blue.", "a/b"),
        ["DynamoDb:CreateTables"] = ("true", "false", "maybe"),
        ["DynamoDb:Region"] = ("", "eu-west-1", "EU West"),
        ["DynamoDb:AccessKeyId"] = ("", "AKID", "a\nb"),
        ["DynamoDb:SecretAccessKey"] = ("", "very-secret", "very\nsecret"),
        ["DynamoDb:SessionToken"] = ("", "very-secret", "very\nsecret"),
        ["DynamoDb:Profile"] = ("", "blue", "a\nb"),
    };

    public static TheoryData<string> Names => [.. Known.Keys];

    [Fact]
    public void All_Always_IsCoveredHere()
    {
        Assert.Equal(KplClusterSettings.All.Select(s => s.Name).Order(), Known.Keys.Order());
        Assert.All(KplClusterSettings.All, s => Assert.EndsWith(".", s.Description, StringComparison.Ordinal));
        Assert.Equal(["DynamoDb:SecretAccessKey", "DynamoDb:SessionToken"], KplClusterSettings.All.Where(s => s.IsSecret).Select(s => s.Name));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_WhenAllowed_TakesIt(string name)
    {
        Assert.Equal(Known[name].Default, Find(name).Default);
        Assert.DoesNotContain(
            Read((name.ToUpperInvariant(), Known[name].Good)).Errors, e =>
            e.StartsWith($"Kpl:{name} is '", StringComparison.OrdinalIgnoreCase) || e.Contains("not allowed", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_WhenNotAllowed_NamesSettingValueAndRangeUnlessItIsASecret(string name)
    {
        var errors = Read((name, Known[name].Bad)).Errors;
        var error = errors.First(e => e.StartsWith($"Kpl:{name} ", StringComparison.Ordinal));
        Assert.Contains(Find(name).IsSecret ? "has a value that is not allowed" : $"is '{Known[name].Bad.Replace('\n', '?')}'", error, StringComparison.Ordinal);
        Assert.EndsWith(Find(name).Range, error, StringComparison.Ordinal);
        Assert.DoesNotContain("very", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenEverythingIsSet_HasIt()
    {
        var report = Read(
            ("Cluster:Membership", "DynamoDB"), ("Cluster:Id", "blue"), ("Cluster:ServiceId", "orders"), ("Cluster:SiloPort", "1"),
            ("Cluster:GatewayPort", "2"),
            ("Cluster:AdvertisedAddress", "silo-1.local"), ("DynamoDb:Region", "eu-west-1"), ("DynamoDb:TablePrefix", ""), ("RecordTtl", "5s"),
            ("Clusters:Id", "x"));

        Assert.True(report.IsValid);
        var options = report.GetOptionsOrThrow();
        Assert.Equal((ClusterMembership.DynamoDb, "blue", "orders", 1, 2, "silo-1.local"),
            (options.Membership, options.Id, options.ServiceId, options.SiloPort, options.GatewayPort, options.AdvertisedAddress));
        Assert.Equal(("eu-west-1", "", "silos"), (options.DynamoDb.Region, options.DynamoDb.TablePrefix, options.DynamoDb.SilosTable));
    }

    [Theory]
    [InlineData("Cluster:SiloPrt", "Cluster:SiloPort")]
    [InlineData("cluster:membershp", "Cluster:Membership")]
    [InlineData("DynamoDb:ServiceUri", "DynamoDb:ServiceUrl")]
    [InlineData("Cluster", "Cluster:Id")]
    public void Read_WhenUnknown_NamesTheNearest(string path, string nearest) =>
        Assert.Equal($"Kpl:{path} is not known; the nearest is Kpl:{nearest}", Assert.Single(Read((path, "1")).Errors));

    [Fact]
    public void Read_WhenSettingsContradict_SaysWhich()
    {
        Assert.Equal("Kpl:Cluster:GatewayPort is '5': it must differ from Kpl:Cluster:SiloPort", Assert.Single(Read(("Cluster:SiloPort", "5"), ("Cluster:GatewayPort", "5")).Errors));
        Assert.Empty(Read(("Cluster:SiloPort", "0"), ("Cluster:GatewayPort", "0")).Errors);
        Assert.Contains("must be this machine's loopback", Assert.Single(Read(("Cluster:AdvertisedAddress", "10.0.0.1")).Errors), StringComparison.Ordinal);
        Assert.Empty(Read(("Cluster:AdvertisedAddress", "::1")).Errors);
        Assert.Contains("others can reach", Assert.Single(Read(("Cluster:Membership", "dynamodb"), ("Cluster:AdvertisedAddress", "0.0.0.0")).Errors),
            StringComparison.Ordinal);
        Assert.Equal(
            "Kpl:Cluster:SiloCaCertFile is not set: with Kpl:Cluster:CertificateFile it names the roots that sign silos",
            Assert.Single(Read(("Cluster:CertificateFile", "tls.crt")).Errors));
        Assert.Equal(
            ["Kpl:Cluster:CertificateKeyFile needs Kpl:Cluster:CertificateFile, which is not set",
                "Kpl:Cluster:SiloCaCertFile needs Kpl:Cluster:CertificateFile, which is not set"],
            Read(("Cluster:CertificateKeyFile", "k"), ("Cluster:SiloCaCertFile", "s")).Errors);
        Assert.Equal(
            ["Kpl:Cluster:SiloNames needs Kpl:Cluster:CertificateFile, which is not set", "Kpl:Cluster:ClientNames needs Kpl:Cluster:CertificateFile, which is not set"],
            Read(("Cluster:SiloNames", "a.example"), ("Cluster:ClientNames", "b.example")).Errors);
        Assert.Equal(
            "Kpl:Cluster:ClientNames has no effect without Kpl:Cluster:ClientCaCertFile",
            Assert.Single(Read(("Cluster:CertificateFile", "c"), ("Cluster:SiloCaCertFile", "s"), ("Cluster:ClientNames", "b.example")).Warnings));
        Assert.Equal("Kpl:DynamoDb:SessionToken is set without Kpl:DynamoDb:AccessKeyId", Assert.Single(Read(("DynamoDb:SessionToken", "t")).Errors));
    }

    [Fact]
    public void Read_WhenASettingDoesNothing_Warns()
    {
        Assert.Equal("Kpl:DynamoDb:ServiceUrl has no effect without Kpl:Cluster:Membership dynamodb", Assert.Single(Read(("DynamoDb:ServiceUrl", "http://127.0.0.1:1")).Warnings));
        Assert.Empty(
            Read(("Cluster:Membership", "dynamodb"), ("DynamoDb:ServiceUrl", "https://db.example"), ("DynamoDb:AccessKeyId", "a"),
                ("DynamoDb:SecretAccessKey", "b")).Warnings);
    }

    [Theory]
    [InlineData("http://db.example:8000", true)]
    [InlineData("https://db.example", false)]
    [InlineData("http://127.0.0.1:8000", false)]
    public void ServiceUrl_InClearBeyondThisMachine_IsWarnedOf(string url, bool isWarnedOf) =>
        Assert.Equal(
            isWarnedOf ? ["Kpl:DynamoDb:ServiceUrl is http and not on this machine: records of the backlog and session tokens are sent in clear"] : [],
            Read(("Cluster:Membership", "dynamodb"), ("DynamoDb:ServiceUrl", url)).Warnings);

    private static KplSetting Find(string name) => KplClusterSettings.All.Single(s => s.Name == name);

    private static OptionsReport<KplClusterOptions> Read(params (string Key, string Value)[] settings) =>
        KplClusterSettings.Read(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value)));
}
