using System.Collections.Immutable;
using Orleans.Kpl.Management;

namespace Orleans.Kpl.Contracts.Tests.Messages;

/// <summary>Silos of builds before and after <see cref="DeadLetterReport.Numbers"/> read each other's reports.</summary>
public sealed class OlderReportTests
{
    [Fact]
    public void NumberedReport_IsReadByAnOlderBuild_WithoutItsNumbers()
    {
        var sent = (DeadLetterReport)Samples.All["DeadLetterReport, numbered"];

        var arrived = Wire.SendAs<DeadLetterReport, OlderReport>(sent);

        Assert.NotNull(sent.Numbers);
        Assert.Equal((sent.ReportId, sent.Silo), (arrived.ReportId, arrived.Silo));
        Assert.Equal(Shape.Of(sent.Letters), Shape.Of(arrived.Letters));
    }

    [Theory]
    [InlineData("S1")]
    [InlineData(null)]
    public void ReportOfAnOlderBuild_IsReadAsOneWithoutNumbers(string? silo)
    {
        var sent = new OlderReport { ReportId = new Guid("00112233-4455-6677-8899-aabbccddeeff"), Letters = [Samples.Letter(0)], Silo = silo };

        var arrived = Wire.SendAs<OlderReport, DeadLetterReport>(sent);

        Assert.Equal((sent.ReportId, sent.Silo), (arrived.ReportId, arrived.Silo));
        Assert.Equal(Shape.Of(sent.Letters), Shape.Of(arrived.Letters));
        Assert.Null(arrived.Numbers);
    }
}

/// <summary>The report as it was before numbers travelled with it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.Tests.OlderReport")]
public sealed record OlderReport
{
    /// <summary>Identifies the report.</summary>
    [Id(0)]
    public required Guid ReportId { get; init; }

    /// <summary>The letters.</summary>
    [Id(1)]
    public required ImmutableArray<DeadLetter> Letters { get; init; }

    /// <summary>The silo that set the records aside.</summary>
    [Id(2)]
    public string? Silo { get; init; }
}
