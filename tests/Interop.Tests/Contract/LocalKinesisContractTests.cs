using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Interop.Tests.Contract;

public sealed class LocalKinesisContractTests(LocalKinesisContractTests.Endpoint endpoint)
    : KinesisContractTests(endpoint), IClassFixture<LocalKinesisContractTests.Endpoint>
{
    public sealed class Endpoint : ContractEndpoint
    {
        private LocalKinesisServer? _server;

        public override IReadOnlyDictionary<string, string> Differences => ContractDifferences.LocalKinesis;

        protected override async Task<Uri> StartServerAsync()
        {
            var moment = TimeSpan.FromMilliseconds(20);
            _server = await LocalKinesisServer.StartAsync(new LocalKinesisOptions
            {
                Port = 0,
                CreatingTime = moment,
                DeletingTime = moment,
                EnforceReadLimits = false,
                Reshards = new() { CutOverDelay = moment, UpdatingTime = moment },
            });
            return _server.Url;
        }

        protected override ValueTask StopServerAsync() => _server?.DisposeAsync() ?? default;
    }
}
