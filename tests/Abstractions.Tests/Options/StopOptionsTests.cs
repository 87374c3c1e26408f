namespace Orleans.Kpl.Abstractions.Tests.Options;

public sealed class StopOptionsTests
{
    private static readonly KplOptions TooLong = new() { DrainTimeout = TimeSpan.FromMinutes(2), StopTimeout = TimeSpan.FromSeconds(90) };

    [Theory]
    [InlineData((int)BacklogHost.LocalSilo)]
    [InlineData((int)BacklogHost.ClusterSilo)]
    public void Validate_OfASiloThatDrainsLongerThanItMayTakeToStop_NamesBothSettings(int host) =>
        Assert.Contains(
            "Kpl:DrainTimeout is '2m', longer than StopTimeout, which is '90s': the process would be gone before",
            KplOptionsValidator.Validate(TooLong, (BacklogHost)host).Errors);

    /// <summary>Whoever embeds a producer decides when the process ends, and may share a section with silos.</summary>
    [Theory]
    [InlineData((int)BacklogHost.Embedded)]
    [InlineData((int)BacklogHost.ClusterClient)]
    public void Validate_OfAProducerInAProgramOfItsOwn_KeepsDrainTimeoutAlone(int host) =>
        Assert.Empty(KplOptionsValidator.Validate(TooLong, (BacklogHost)host).Errors);

    [Fact]
    public void Validate_WhereBothAreAsLong_IsTaken() =>
        Assert.Empty(KplOptionsValidator.Validate(new KplOptions { DrainTimeout = TimeSpan.FromSeconds(90) }, BacklogHost.LocalSilo).Errors);
}
