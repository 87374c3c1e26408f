using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Abstractions.Tests.Options;

/// <remarks>Tests <see cref="SecretFiles"/>.</remarks>
public sealed class SecretFilesTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public static TheoryData<string> Secrets =>
        [.. KplSettings.All.Concat(KplClusterSettings.All).Where(static s => s.IsSecret).Select(static s => s.Name)];

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void File_OfASecret_IsReadWithoutItsLineEnd()
    {
        File.WriteAllText(_file, " hush hush \n");
        var ofProcess = KplSettings.Read([new("Kinesis:AccessKeyId", "AKID"), new("kinesis:secretaccesskeyfile", _file)]);
        var ofCluster = KplClusterSettings.Read(
            [new("Cluster:Membership", "dynamodb"), new("DynamoDb:AccessKeyId", "AKID"), new("DynamoDb:SecretAccessKeyFile", _file)]);
        Assert.Equal((0, " hush hush "), (ofProcess.Errors.Count, ofProcess.Options.Kinesis.SecretAccessKey));
        Assert.Equal((0, " hush hush "), (ofCluster.Errors.Count, ofCluster.Options.DynamoDb.SecretAccessKey));
    }

    [Theory]
    [MemberData(nameof(Secrets))]
    public void File_ThatCannotBeRead_OrBesideItsSecret_IsAnError(string name)
    {
        Assert.Contains("the file cannot be read", Assert.Single(Errors(name, (name + "File", _file + ".missing"))), StringComparison.Ordinal);
        Assert.Contains("the file is empty", Assert.Single(Errors(name, (name + "File", _file))), StringComparison.Ordinal);
        File.WriteAllText(_file, "hush");
        var both = Assert.Single(Errors(name, (name, "other"), (name + "File", _file)));
        Assert.Contains("give one of them", both, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", both, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Secrets))]
    public void Secret_OnACommandLine_IsWarnedOf_AndItsFileIsNot(string name)
    {
        var warning = Assert.Single(SecretFiles.FindWarnings([$"Kpl:{name}", $"Kpl:{name}File", "Kpl:RecordTtl", "Logging:LogLevel:Default"]));
        Assert.StartsWith($"--Kpl:{name} stands where every user of this machine can read it", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void FilesOfACluster_AreNoneOfAnEmbeddedProducersErrors() =>
        Assert.Empty(KplClusterSettings.FindUnknown([new("DynamoDb:SecretAccessKeyFile", "anywhere")]));

    private static List<string> Errors(string name, params (string Key, string Value)[] settings)
    {
        var flat = settings.Select(static s => KeyValuePair.Create(s.Key, (string?)s.Value)).ToList();
        var errors = KplClusterSettings.All.Any(s => s.Name == name) ? KplClusterSettings.Read(flat).Errors : KplSettings.Read(flat).Errors;
        return [.. errors.Where(e => e.Contains("File", StringComparison.Ordinal))];
    }
}
