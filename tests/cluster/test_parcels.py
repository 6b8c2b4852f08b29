"""What travels to a node."""

from mixedfer.cluster import parcels


def test_a_node_gets_what_a_backend_reads_of_the_environment_and_nobodys_secrets(monkeypatch):
    for name in ("TF_NUM_INTRAOP_THREADS", "XLA_FLAGS", "TF_VAR_password", "TF_TOKEN_app_terraform_io", "OTHER_SECRET"):
        monkeypatch.setenv(name, "1")
    sent = parcels.environment(gpus=0)
    assert sent["TF_NUM_INTRAOP_THREADS"] == sent["XLA_FLAGS"] == "1" and sent["CUDA_VISIBLE_DEVICES"] == "-1"
    assert not {"TF_VAR_password", "TF_TOKEN_app_terraform_io", "OTHER_SECRET"} & sent.keys()
    assert "CUDA_VISIBLE_DEVICES" not in parcels.environment(gpus=0.5)
