namespace Orleans.Kpl.LocalKinesis.Tests;

public class LocalKinesisOptionsValidatorTests
{
    [Fact]
    public void Validate_WhenDefaults_FindsNothing() => Assert.Empty(LocalKinesisOptionsValidator.Validate(new()));

    [Fact]
    public void Validate_WhenManySettingsAreWrong_NamesEachOne()
    {
        var errors = LocalKinesisOptionsValidator.Validate(new()
        {
            Port = 70_000, TlsPort = -1, TlsCertificateFile = "nowhere/tls.pem", Address = "here", CheckSignatures = new("", ""),
            ArrivalJitter = TimeSpan.FromSeconds(2), RetentionBytes = 1, ShardLimit = 0, Sizes = new(1, 2),
            CreatingTime = TimeSpan.FromSeconds(-1), IteratorLifetime = TimeSpan.Zero,
        });
        string[] named = ["Port", "TlsPort", "TlsCertificateFile", "Address", "CheckSignatures", "CheckSignatures",
            "ArrivalJitter", "RetentionBytes", "ShardLimit", "Sizes", "CreatingTime", "IteratorLifetime"];
        Assert.Equal(named, errors.Select(error => error.Split(' ')[0]));
    }

    [Fact]
    public void Validate_WhenACertificateFileHasNoTlsPort_SaysSo() => Assert.Equal(
        ["TlsCertificateFile needs TlsPort."], LocalKinesisOptionsValidator.Validate(new() { TlsCertificateFile = "tls.pem" }));

    [Fact]
    public async Task StartAsync_WhenSettingsAreWrong_ThrowsAllOfThem()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => LocalKinesisServer.StartAsync(new() { Port = -1, ShardLimit = 0 }));
        Assert.Contains("Port -1", error.Message, StringComparison.Ordinal);
        Assert.Contains("ShardLimit", error.Message, StringComparison.Ordinal);
    }
}
