namespace Orleans.Kpl.Interop.Tests.Contract;

public sealed class KinesaliteContractTests(KinesaliteContractTests.Endpoint endpoint)
    : KinesisContractTests(endpoint), IClassFixture<KinesaliteContractTests.Endpoint>
{
    public sealed class Endpoint() : StandInEndpoint("kinesalite.mjs")
    {
        public override IReadOnlyDictionary<string, string> Differences => ContractDifferences.Kinesalite;
    }
}
