using System.Text;
using Orleans.Kpl.Scaling.Costs;

namespace Orleans.Kpl.Scaling.Tests.Costs;

public sealed class PriceTableTests
{
    [Fact]
    public void Own_HasTheRegionsOfItsPage() => Assert.Equal(["us-east-1", "us-east-2"], PriceTable.Own.Regions.Keys.Order());

    [Fact]
    public void Read_OfABadFile_TellsEveryErrorAtOnce()
    {
        var errors = new List<string>();
        Assert.Null(PriceTable.Read(Encoding.UTF8.GetBytes("""
            {
              "as_of": "8 August", "sourse": "x",
              "regions": { "eu-west-1": {
                "shard_hour": -1, "million_put_units": "0.014", "on_demand_stream_hour": 0.04, "on_demand_gib_in": 0.08, "on_demand_gib_out": 1001,
                "advantage_gib_in": 0.032, "advantage_least_mib_per_second": 25, "efo": 1
              } }
            }
            """), errors));
        Assert.Equal(
            [
                "as_of is \"8 August\", no day such as 2026-08-08",
                "regions.eu-west-1.advantage_gib_out is missing",
                "regions.eu-west-1.efo is not known",
                "regions.eu-west-1.million_put_units is \"0.014\", no number from 0 to 1,000",
                "regions.eu-west-1.on_demand_gib_out is 1001, no number from 0 to 1,000",
                "regions.eu-west-1.shard_hour is -1, no number from 0 to 1,000",
                "source is missing",
                "sourse is not known",
            ], errors.Select(static e => e.Split("; known are")[0]).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("{", "it is not JSON at line 1")]
    [InlineData("7", "the file is no object")]
    [InlineData("""{"regions":{"r":1,"r":2}}""", "it is not JSON: member 'r' stands twice in its object")]
    [InlineData("""{"as_of":"\ud800"}""", "it has a text that is no Unicode")]
    [InlineData("\uFEFF{}", "as_of is missing")]
    [InlineData("""{"as_of":"\u001b[2J"}""", "as_of is \"\\u001b[2J\", no day")]
    [InlineData("""{"as_of":"2026-01-01","source":"x","regions":{}}""", "regions is no object with a member or more")]
    [InlineData("""{"as_of":"2026-01-01","source":"x","regions":{"r":1}}""", "regions.r is no object")]
    public void Read_OfSomethingElse_SaysSo(string text, string error)
    {
        var errors = new List<string>();
        Assert.Null(PriceTable.Read(Encoding.UTF8.GetBytes(text), errors));
        Assert.StartsWith(error, errors[0], StringComparison.Ordinal);
    }
}
