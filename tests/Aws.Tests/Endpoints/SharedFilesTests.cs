using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Aws.Transport;

namespace Orleans.Kpl.Aws.Tests.Endpoints;

/// <summary>What is wrong in AWS's shared files is told as a setting's error: AWS's SDK throws whatever it meets, and quotes lines.</summary>
public sealed class SharedFilesTests
{
    private const string Pasted = "[default]\nregion = eu-west-1\n[other]\naws_access_key_id = AKID\nwJalrXUtnFEMI> in file K7MDENG\n";

    private static readonly KinesisOptions Whole = new()
    {
        EndpointUrl = new Uri("http://127.0.0.1:4567"), Region = "us-east-1", AccessKeyId = "local", SecretAccessKey = "local",
    };

    /// <summary>The message had the line in it: half of a key that somebody pasted, in the log and on the page of a tier.</summary>
    [Theory]
    [InlineData("Kinesis")]
    [InlineData("Kinesis, profile")]
    [InlineData("DynamoDB")]
    [InlineData("DynamoDB, keys")]
    [InlineData("STS")]
    [InlineData("loopback")]
    [InlineData("chain")]
    [InlineData("default chain")]
    public async Task Read_WhereALineIsNone_NamesFileAndLine_AndNotItsText(string reader)
    {
        var environment = Gateways.EnvironmentOf(Pasted);

        var error = await Assert.ThrowsAsync<KinesisSettingsException>(() => ReadAsync(reader, environment));

        Assert.Equal(
            ("AWS's shared files", $"AWS's shared files: line 5 of {environment.ProfilesLocation} is neither a section, a property nor a comment."),
            (error.Setting, error.Message));
        Assert.DoesNotContain("K7MDENG", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sso_session = none\nsso_account_id = 1\nsso_role_name = r", "Invalid Configuration.  Failed to find sso_session [none]")]
    [InlineData("ec2_metadata_service_endpoint = x", "Invalid value x for ec2_metadata_service_endpoint in profile default.")]
    [InlineData("services = here\n[services here]\nkinesis =\n  endpoint_url = http://127.0.0.1:1", "AWS's SDK cannot read them: NullReferenceException.")]
    public void Resolve_WhereTheSdkRefusesTheProfile_IsASettingsError(string lines, string message)
    {
        var error = Assert.Throws<KinesisSettingsException>(
            () => KinesisLocation.Resolve(new KinesisOptions(), Gateways.EnvironmentOf($"[default]\n{lines}\n")));

        Assert.StartsWith($"AWS's shared files: {message}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_WhereTheFileCannotBeRead_IsASettingsError()
    {
        Assert.SkipUnless(File.Exists("/proc/self/mem"), "There is no file here whose reading fails.");
        AwsEnvironment environment = new(static _ => null, "/proc/self/mem");

        var error = Assert.Throws<KinesisSettingsException>(
            () => KinesisLocation.Resolve(new KinesisOptions { EndpointUrl = new Uri("http://127.0.0.1:4567") }, environment));

        Assert.Contains("/proc/self/mem", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A local tier did not start for a file that it has no use for.</summary>
    [Fact]
    public void Create_WhereSettingsSayAll_ReadsNoFile()
    {
        using var gateway = KinesisClient.Create(Whole.Clone(), TimeProvider.System, Gateways.EnvironmentOf(Pasted));

        Assert.Equal(("us-east-1", "settings"), (gateway.Location.Region, gateway.CredentialSource));
    }

    private static Task ReadAsync(string reader, AwsEnvironment environment) => reader switch
    {
        "Kinesis" => Task.Run(() => KinesisLocation.Resolve(new KinesisOptions(), environment)),
        "Kinesis, profile" => Task.Run(() => KinesisLocation.Resolve(new KinesisOptions { Region = "eu-west-1", Profile = "default" }, environment)),
        "DynamoDB" => Task.Run(() => DynamoDbLocation.Resolve(new KplDynamoDbOptions(), environment)),
        "DynamoDB, keys" => Task.Run(() => DynamoDbLocation.Resolve(
            new KplDynamoDbOptions { Region = "eu-west-1", AccessKeyId = "AKID", SecretAccessKey = "s" }, environment)),
        "STS" => Task.Run(() => SdkClients.ForSts("eu-west-1", null, environment, static _ => new SocketsHttpHandler())),
        "default chain" => Task.Run(() => KinesisClient.Create(new KinesisOptions { Region = "eu-west-1" }, TimeProvider.System, environment)),
        "loopback" => new LoopbackOrigin(null, environment).FetchAsync(false, default),
        _ => new AwsChainOrigin("default", environment.ProfilesLocation).FetchAsync(false, default),
    };
}

/// <summary>The folder of AWS's files is one for the whole process.</summary>
[Collection("process environment")]
public sealed class NoSharedFilesTests
{
    /// <summary>AWS's SDK takes an empty location for that of its own files: what was to read none read those of whoever ran it.</summary>
    [Fact]
    public void None_ReadsNoFile_AlsoNotThoseThatTheSdkReadsWhereNoneIsNamed()
    {
        using var folder = new TemporaryFolder();
        var former = Amazon.AWSConfigs.AWSProfilesLocation;
        try
        {
            // No other test asks for this profile.
            Amazon.AWSConfigs.AWSProfilesLocation = folder.Write("credentials", "[of-the-sdk]\naws_access_key_id = AKID\naws_secret_access_key = s\n");
            Assert.True(new AwsEnvironment(static _ => null, null).HasCredentials("of-the-sdk"));

            Assert.False(AwsEnvironment.None.HasCredentials("of-the-sdk"));
            Assert.False(AwsEnvironment.None.TryGetProfile("of-the-sdk", out _));
        }
        finally
        {
            Amazon.AWSConfigs.AWSProfilesLocation = former;
        }
    }
}
