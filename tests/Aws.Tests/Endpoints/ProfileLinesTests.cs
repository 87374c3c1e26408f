using Orleans.Kpl.Aws.Endpoints;

namespace Orleans.Kpl.Aws.Tests.Endpoints;

public sealed class ProfileLinesTests : IDisposable
{
    private const string Config = """
        # of everybody
        [profile prod]
        endpoint_url = http://config.example ; a comment
        use_fips_endpoint=true
        s3 =
          endpoint_url = http://nested.example
        services = mine
        [prod]
        ca_bundle = /not/a/profile/here
        [services mine]
        glue =
          endpoint_url = http://glue.example#1
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("kpl-profiles-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Find_ReadsTheProfile_AndTellsFileAndLine()
    {
        var lines = Read(Config, "[prod]\nuse_fips_endpoint = false\n");
        Assert.Equal("http://config.example", lines.Find("endpoint_url")!.Value);
        Assert.Equal($"endpoint_url of profile prod ({Path.Combine(_folder, "config")}:3)", lines.Find("endpoint_url")!.Source);
        Assert.Equal("false", lines.Find("use_fips_endpoint")!.Value);
        Assert.Equal("http://glue.example#1", lines.FindOfService("glue", "endpoint_url")!.Value);
        Assert.Null(lines.FindOfService("kinesis", "endpoint_url"));
        Assert.Null(lines.Find("ca_bundle"));
    }

    [Fact]
    public void Read_WhereAFileCannotBeRead_NamesItsVariable()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "A file that nobody may read is made otherwise there.");
        var file = Path.Combine(_folder, "config");
        File.CreateSymbolicLink(file, "/proc/self/mem");
        Assert.SkipUnless(File.Exists(file), "There is no file here whose reading fails.");
        var error = Assert.Throws<KinesisSettingsException>(() => Read(null, ""));
        Assert.Equal("AWS_CONFIG_FILE", error.Setting);
    }

    private ProfileLines Read(string? config, string credentials)
    {
        var (first, second) = (Path.Combine(_folder, "credentials"), Path.Combine(_folder, "config"));
        File.WriteAllText(first, credentials);
        if (config is not null)
            File.WriteAllText(second, config);
        return new AwsEnvironment(
            n => n switch { "AWS_SHARED_CREDENTIALS_FILE" => first, "AWS_CONFIG_FILE" => second, "AWS_PROFILE" => "prod", _ => null }, null).Lines(null);
    }
}
