using System.Reflection;
using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Tests.Running;

public sealed class AdminErrorsTests
{
    [Fact]
    public void ErrorsOfPlans_HaveTheirPublicCode()
    {
        var codes = typeof(StreamManagerErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
            .ToDictionary(f => f.Name, f => (string)f.GetRawConstantValue()!);
        Assert.All(Enum.GetNames<ReshardError>(), name => Assert.Equal(name, codes[name]));
    }
}
