namespace Orleans.Kpl.Aws.Tests.Credentials;

/// <summary>Tests that change this process's environment run while no others do.</summary>
[CollectionDefinition("process environment", DisableParallelization = true)]
public sealed class ProcessEnvironment;
