namespace Orleans.Kpl.Interop.Tests.Contract;

public sealed class KinesisLocalContractTests(KinesisLocalContractTests.Endpoint endpoint)
    : KinesisContractTests(endpoint), IClassFixture<KinesisLocalContractTests.Endpoint>
{
    public sealed class Endpoint() : StandInEndpoint("kinesis-local.mjs")
    {
        public override IReadOnlyDictionary<string, string> Differences => ContractDifferences.KinesisLocal;
    }
}
