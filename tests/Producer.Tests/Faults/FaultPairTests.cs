namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>Two faults at once. Errors of whole calls differ by their code alone, so that some stand for all.</summary>
[Trait("Category", "Long")]
public sealed class FaultPairTests
{
    private const int Records = 500;

    private static readonly string[] Kinds =
    [
        .. FaultCase.All.Where(c => c.Value.Fault is not ErrorFault).Select(c => c.Key),
        "poison answer", "no map: denied", "no map: error", "whole call throttled", "KMSDisabledException", "ExpiredTokenException",
    ];

    public static TheoryData<string> Names => [.. Kinds[..^1]];

    [Theory]
    [MemberData(nameof(Names))]
    public Task Put_WhenTheEndpointHasTwoFaults_TellsWhatTheAccountSays(string name) => Parallel.ForEachAsync(
        Kinds[(Array.IndexOf(Kinds, name) + 1)..], new ParallelOptions { MaxDegreeOfParallelism = 4 }, (other, _) => PairAsync(name, other));

    private static async ValueTask PairAsync(string name, string other)
    {
        FaultCase[] pair = [FaultCase.All[name], FaultCase.All[other]];
        await using var run = await FaultRun.StartAsync(configure: o =>
        {
            if (pair.Any(c => c.Timeout))
                o.RequestTimeout = TimeSpan.FromSeconds(4);
        });
        foreach (var fault in pair)
            run.Kinesis.Faults.Add(fault.Fault);
        try
        {
            await run.PutAsync(Records);
            var duplicates = await run.CheckAsync(placesAreTrue: !pair.Any(c => c.Fault is FallingSequenceNumberFault));
            Assert.True(duplicates == 0 || pair.Any(c => c.Expected != Expected.Once), $"{duplicates} duplicates");
            var codes = run.Told.Values.Where(r => !r.IsSuccess).Select(r => r.ErrorCode).Distinct();
            Assert.Equal([], codes.Except(pair.Any(c => c.Expected == Expected.Failed) ? [RecordErrorCodes.RecordCountMismatch] : []));
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"with '{other}': {error.Message}", error);
        }
    }
}
