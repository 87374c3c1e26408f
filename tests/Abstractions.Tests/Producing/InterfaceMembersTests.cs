namespace Orleans.Kpl.Abstractions.Tests.Producing;

public sealed class InterfaceMembersTests
{
    /// <summary>A producer of the program's own around ours had no health of its own to write, and told health checks that all was well.</summary>
    [Fact]
    public void Members_OfPublicInterfaces_MustBeWritten_ByWhoeverWrapsThem() =>
        Assert.DoesNotContain(
            typeof(IKplProducer).Assembly.GetExportedTypes().Where(static t => t.IsInterface).SelectMany(static t => t.GetMethods()),
            static m => !m.IsAbstract);
}
